/** Whether something is allowed without asking the user. */
export function permitted(...descriptors: Deno.PermissionDescriptor[]): boolean {
  return descriptors.every((descriptor) => Deno.permissions.querySync(descriptor).state === "granted");
}

/** An environment variable, or undefined where it is not set or may not be read. */
export function environment(variable: string): string | undefined {
  return permitted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
}
