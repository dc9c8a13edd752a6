import { platform } from "../platform/here.ts";
import type { Permission } from "../platform/platform.ts";

/** Whether something is allowed without asking the user. */
export function permitted(...permissions: Permission[]): boolean {
  return platform.permitted(...permissions);
}

/** An environment variable, or undefined where it is not set or may not be read. */
export function environment(variable: string): string | undefined {
  return platform.environment(variable);
}
