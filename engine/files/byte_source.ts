import { DataError } from "../../kernels/errors.ts";
import { openOrExplain, readUrlOrExplain } from "./files.ts";
import { platform } from "../platform/here.ts";
import type { OpenFile } from "../platform/platform.ts";

/** Bytes that are read by their places: an open file, or what is in memory. */
export interface ByteSource {
  /** Path of the file, or what messages call the bytes. */
  readonly path: string;
  readonly size: number;
  /** Reads at a place, without a pause in which another read could move there. */
  readAt(at: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/**
 * Opens a file, or reads what is at a URL.
 *
 * @param what names it for the message when it is missing: "the weights of a run"
 * @param options.anyKind take a file of any kind
 * @throws DataError naming the file when it is missing, or of a kind that no reader takes
 */
export async function openSource(path: string | URL, what: string, { anyKind = false } = {}): Promise<ByteSource> {
  if (path instanceof URL && path.protocol !== "file:") {
    return sourceOf(await readUrlOrExplain(path, what), path.href);
  }
  const name = path instanceof URL ? platform.pathOf(path) : path;
  const file = await openOrExplain(name, what, { anyKind });
  const { size } = await file.stat();
  const readAt = (at: number, length: number) => readFileAt(file, at, length, name);
  return { path: name, size, readAt, close: () => file.close() };
}

/** The bytes of a file that are in memory. @param path what messages call them */
export function sourceOf(bytes: Uint8Array, path: string): ByteSource {
  const readAt = (at: number, length: number) => Uint8Array.from(bytes.subarray(at, at + length));
  return { path, size: bytes.length, readAt, close: () => {} };
}

function readFileAt(file: OpenFile, at: number, length: number, path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(at, 0);
  for (let read = 0; read < length;) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) throw new DataError(`${path} was cut short while it was read.`);
    read += count;
  }
  return bytes;
}
