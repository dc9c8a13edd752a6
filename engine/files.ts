import { dirname } from "node:path";

/**
 * Writes a file aside, flushes it to the disk and renames it, so that a reader finds the old content or the new one,
 * never a part. The file aside is removed when anything fails.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${Deno.pid}.partial`;
  try {
    const file = await Deno.open(aside, { write: true, create: true, truncate: true });
    try {
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(aside, path);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    throw error;
  }
}
