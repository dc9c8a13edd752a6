import type { Permission } from "./platform.ts";

/** Whether Deno allows all of this without asking the user. */
export function permitted(...permissions: Permission[]): boolean {
  return permissions.every((permission) => Deno.permissions.querySync(permission).state === "granted");
}

/** An environment variable, or undefined where it is not set or may not be read. */
export function environment(variable: string): string | undefined {
  return permitted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
}
