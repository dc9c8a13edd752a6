import { DataError } from "../../kernels/errors.ts";
import { checksumKey, FileChecksum } from "./checksum.ts";
import { openOrExplain, readUrlOrExplain } from "./files.ts";
import { platform } from "../platform/here.ts";
import type { OpenFile } from "../platform/platform.ts";
import { readEntries, readHeader, view } from "./read_safetensors.ts";
import { type SafetensorsType, tensorToFloat32 } from "./safetensors_format.ts";

/** A tensor of an open file. */
export interface FileTensor {
  /** Type of its elements. */
  readonly dtype: SafetensorsType;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Reads elements in row-major order as float32. */
  read(from: number, count: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Bytes that are read by their places: an open file, or what is in memory. */
interface Source {
  readonly size: number;
  /** Reads at a place, without a pause in which another read could move there. */
  readAt(at: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Bytes that are added up at once. */
const piece = 1 << 20;

/** The longest header that is read at once with the length before it. */
const headBytes = 1 << 16;

/**
 * A safetensors file whose tensors are read part by part, for those that are too large to hold beside their copy on the
 * GPU.
 *
 * @example
 * using file = await SafetensorsReader.open("model.safetensors");
 * await network.loadFrom(file.tensors, "model.safetensors");
 */
export class SafetensorsReader implements Disposable {
  readonly #source: Source;

  private constructor(
    /** Path of the file, or what messages call the bytes. */
    readonly path: string,
    source: Source,
    readonly header: Uint8Array,
    /** Tensors by name, in the order of the file. */
    readonly tensors: ReadonlyMap<string, FileTensor>,
    /** Whatever text the writer added. */
    readonly metadata: Readonly<Record<string, string>>,
  ) {
    this.#source = source;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param what names the file for the message when it is missing: "the weights of a run"
   * @throws DataError naming the file when it is missing, damaged or not of this format
   */
  static async open(path: string | URL, what = "a safetensors file"): Promise<SafetensorsReader> {
    if (path instanceof URL && path.protocol !== "file:") {
      return SafetensorsReader.of(await readUrlOrExplain(path, what), path.href);
    }
    const name = path instanceof URL ? platform.pathOf(path) : path;
    const file = await openOrExplain(name, what);
    const { size } = await file.stat();
    const readAt = (at: number, length: number) => readFileAt(file, at, length, name);
    return SafetensorsReader.#from({ size, readAt, close: () => file.close() }, name);
  }

  /**
   * Reads from the bytes of a file.
   *
   * @param name what messages call them
   * @throws DataError when they are damaged or not of this format
   */
  static of(bytes: Uint8Array, name = "the bytes"): SafetensorsReader {
    const readAt = (at: number, length: number) => Uint8Array.from(bytes.subarray(at, at + length));
    return SafetensorsReader.#from({ size: bytes.length, readAt, close: () => {} }, name);
  }

  static #from(source: Source, path: string): SafetensorsReader {
    const { size } = source;
    try {
      let head = source.readAt(0, Math.min(size, headBytes));
      if (head.length >= 8) {
        const length = Number(new DataView(head.buffer).getBigUint64(0, true));
        // A length that is no header's is refused below.
        if (8 + length > head.length && 8 + length <= size) head = source.readAt(0, 8 + length);
      }
      const { header, dataStart } = readHeader(head, path, size);
      const { entries, metadata } = readEntries(header, size - dataStart, path);
      const tensors = entries.map(({ tensor, dtype, shape, begin, end }) => {
        const elements = shape.reduce((product, one) => product * one, 1), each = (end - begin) / Math.max(elements, 1);
        // deno-lint-ignore require-await -- what goes wrong is a rejection
        const read = async (from: number, count: number) => {
          const bytes = source.readAt(dataStart + begin + from * each, count * each);
          const values = tensorToFloat32({ dtype, shape, data: view(bytes, dtype) });
          return values as Float32Array<ArrayBuffer>;
        };
        return [tensor, { dtype, shape, read }] as const;
      });
      return new SafetensorsReader(path, source, head.subarray(0, dataStart), new Map(tensors), metadata);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /**
   * Compares the file's bytes with the checksum in its metadata.
   *
   * @throws DataError when they differ, or when there is no checksum
   */
  // deno-lint-ignore require-await -- what goes wrong is a rejection
  async verify(): Promise<void> {
    const expected = this.metadata[checksumKey], checksum = new FileChecksum(this.header);
    const { size } = this.#source;
    for (let at = this.header.length; at < size; at += piece) {
      checksum.update(this.#source.readAt(at, Math.min(piece, size - at)));
    }
    const found = checksum.digest();
    if (found === expected) return;
    const short = (digest: string | undefined) => digest?.slice(0, 12) ?? "none";
    throw new DataError(
      `${this.path} is damaged: the checksum of its content is ${short(found)}, but ${
        short(expected)
      } was written with it.`,
    );
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#source.close();
  }
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
