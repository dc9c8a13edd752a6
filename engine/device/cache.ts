import { cacheFolderOf } from "../platform/cache_folder.ts";
import { platform } from "../platform/here.ts";

/** The folder of this user's cache that is ours. */
export function cacheFolder(): string {
  return cacheFolderOf(platform);
}
