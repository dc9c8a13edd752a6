import { join } from "node:path";
import { cacheFolder } from "../../../engine/device/cache.ts";

/**
 * Path of a real encoder in `metrograd/models` of the user's cache, or null where nobody has put it there
 * (../shared/tools/get_minilm.sh and get_multilingual_e5.py do).
 */
export function realEncoder(name: string): string | null {
  const path = join(cacheFolder(), "models", name);
  try {
    return Deno.statSync(join(path, "model.safetensors")).isFile ? path : null;
  } catch {
    return null;
  }
}
