import { fileURLToPath } from "node:url";

/** Path of a file or folder of the material beside the project, or null on a clone that stands alone. */
export function sharedPath(relative: string): string | null {
  const path = fileURLToPath(new URL(`../../shared/${relative}`, import.meta.url));
  try {
    Deno.statSync(path);
    return path;
  } catch {
    return null;
  }
}
