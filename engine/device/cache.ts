import { cacheFolderOf } from "../platform/cache_folder.ts";
import { platform } from "../platform/here.ts";

/** The folder of this user's cache that is ours. */
export function cacheFolder(): string {
  return cacheFolderOf(platform);
}

/** Where what was measured of an adapter is kept, by the kind of measurement and the adapter's name and interface. */
export function measurementsPath(kind: string, adapter: string): string {
  const word = adapter.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return platform.join(cacheFolder(), `${kind}-${word}.json`);
}
