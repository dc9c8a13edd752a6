import { join } from "node:path";
import { environment } from "./permissions.ts";

/** The folder of this user's cache that is ours. */
export function cacheFolder(): string {
  return join(environment("XDG_CACHE_HOME") || join(environment("HOME") ?? "", ".cache"), "metrograd");
}
