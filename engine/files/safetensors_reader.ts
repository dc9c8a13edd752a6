import { DataError } from "../../kernels/errors.ts";
import { checksumKey, FileChecksum } from "./checksum.ts";
import { type ByteSource, openSource, sourceOf } from "./byte_source.ts";
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
  readonly #source: ByteSource;

  private constructor(
    /** Path of the file, or what messages call the bytes. */
    readonly path: string,
    source: ByteSource,
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
    return SafetensorsReader.from(await openSource(path, what));
  }

  /**
   * Reads from the bytes of a file.
   *
   * @param name what messages call them
   * @throws DataError when they are damaged or not of this format
   */
  static of(bytes: Uint8Array, name = "the bytes"): SafetensorsReader {
    return SafetensorsReader.from(sourceOf(bytes, name));
  }

  /** Reads from a source, which it closes in the end. @throws DataError as `open` does */
  static from(source: ByteSource): SafetensorsReader {
    const { size, path } = source;
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
