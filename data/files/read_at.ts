import type { OpenFile } from "../../engine/platform/platform.ts";
import { DataError } from "../../kernels/errors.ts";

/** Reads bytes from one on. @throws DataError when the file has fewer */
export async function readAt(
  file: OpenFile,
  at: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(at, 0);
  for (let done = 0; done < length;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) throw new DataError(`${path} became shorter while it was read.`);
    done += read;
  }
  return bytes;
}
