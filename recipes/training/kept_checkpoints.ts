import { type StreamedTensor, writeCheckedSafetensors } from "../../engine/files/write_safetensors.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { checksumKey } from "../../engine/files/checksum.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../../data/note_taker.ts";

/** Path of the checkpoint that was written before the one at a path. */
export function previousCheckpoint(path: string): string {
  return path.replace(/(\.safetensors)?$/, ".previous$1");
}

/** Writes a checkpoint with a checksum, aside first, then renamed; the one before it is kept. */
export async function writeKept(
  path: string,
  tensors: ReadonlyMap<string, StreamedTensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await writeCheckedSafetensors(path, tensors, metadata, previousCheckpoint(path));
}

/**
 * Opens a checkpoint and checks that its bytes are as they were written.
 *
 * @param formats what its metadata may call it, the current one first
 * @param unsigned those of them that have no checksum
 * @throws DataError when the file is missing, damaged or of another kind
 */
export async function openKept(
  path: string,
  formats: readonly [string, ...string[]],
  unsigned: readonly string[],
): Promise<SafetensorsReader> {
  const file = await SafetensorsReader.open(path, "a checkpoint");
  try {
    const { format, [checksumKey]: checksum } = file.metadata;
    if (!formats.some((one) => one === format)) {
      throw new DataError(
        `${path} is no checkpoint: "${formats[0]}" is expected in its metadata, found ${
          format === undefined ? "nothing" : `"${format}"`
        }.`,
      );
    }
    if (checksum !== undefined || !unsigned.some((one) => one === format)) await file.verify();
    return file;
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/**
 * Goes on from the newest checkpoint that can be used: the one at a path, or the one before it.
 *
 * @param restore takes up the work where a checkpoint stands
 * @param onNote told why the newest one cannot be used
 * @returns false when there is none
 * @throws what `restore` throws of the newest one, when the one before it cannot be used either
 */
export async function restoreKept(
  path: string,
  restore: (path: string) => Promise<void>,
  onNote: NoteTaker,
): Promise<boolean> {
  let failure: Error | null = null;
  for (const one of [path, previousCheckpoint(path)]) {
    if (!await Deno.stat(one).then(() => true, () => false)) continue;
    try {
      await restore(one);
      if (failure) {
        onNote(`${failure.message} The checkpoint before it is used.`);
        // Else the next one to be written would push the good one out and keep this.
        await Deno.rename(one, path);
      }
      return true;
    } catch (error) {
      if (!(error instanceof DataError || error instanceof ShapeError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return false;
}
