/** A module of Node, which Deno has too, without an import that a browser or a bundler would stumble over. */
export const builtin: NodeJS.Process["getBuiltinModule"] = (name: string) => process.getBuiltinModule(name);
