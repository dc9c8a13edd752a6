import type { Platform } from "./platform.ts";

/** The folder of this user's cache that is ours. */
export function cacheFolderOf({ environment, join }: Pick<Platform, "environment" | "join">): string {
  return join(environment("XDG_CACHE_HOME") || join(environment("HOME") ?? "", ".cache"), "metrograd");
}
