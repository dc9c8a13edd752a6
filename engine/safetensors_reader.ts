import { DataError } from "../kernels/errors.ts";
import { checksumKey, FileChecksum } from "./checksum.ts";
import { openOrExplain } from "./files.ts";
import { readEntries, readHeader, type SafetensorsType, tensorToFloat32, view } from "./safetensors.ts";

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
  private constructor(
    readonly path: string,
    readonly file: Deno.FsFile,
    readonly header: Uint8Array,
    /** Tensors by name, in the order of the file. */
    readonly tensors: ReadonlyMap<string, FileTensor>,
    /** Whatever text the writer added. */
    readonly metadata: Readonly<Record<string, string>>,
  ) {}

  /**
   * Opens a file and checks its header.
   *
   * @param what names the file for the message when it is missing: "the weights of a run"
   * @throws DataError naming the file when it is missing, damaged or not of this format
   */
  static async open(path: string, what = "a safetensors file"): Promise<SafetensorsReader> {
    const file = await openOrExplain(path, what);
    try {
      const { size } = await file.stat();
      let head = readAt(file, 0, Math.min(size, headBytes), path);
      if (head.length >= 8) {
        const length = Number(new DataView(head.buffer).getBigUint64(0, true));
        // A length that is no header's is refused below.
        if (8 + length > head.length && 8 + length <= size) head = readAt(file, 0, 8 + length, path);
      }
      const { header, dataStart } = readHeader(head, path, size);
      const { entries, metadata } = readEntries(header, size - dataStart, path);
      const tensors = entries.map(({ tensor, dtype, shape, begin, end }) => {
        const elements = shape.reduce((product, one) => product * one, 1), each = (end - begin) / Math.max(elements, 1);
        // deno-lint-ignore require-await -- what goes wrong is a rejection
        const read = async (from: number, count: number) => {
          const bytes = readAt(file, dataStart + begin + from * each, count * each, path);
          const values = tensorToFloat32({ dtype, shape, data: view(bytes, dtype) });
          return values as Float32Array<ArrayBuffer>;
        };
        return [tensor, { dtype, shape, read }] as const;
      });
      return new SafetensorsReader(path, file, head.subarray(0, dataStart), new Map(tensors), metadata);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Compares the file's bytes with the checksum in its metadata.
   *
   * @throws DataError when they differ, or when there is no checksum
   */
  async verify(): Promise<void> {
    const expected = this.metadata[checksumKey], checksum = new FileChecksum(this.header);
    const { size } = await this.file.stat();
    for (let at = this.header.length; at < size; at += piece) {
      checksum.update(await readAt(this.file, at, Math.min(piece, size - at), this.path));
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
    this.file.close();
  }
}

/** Reads at a place, without a pause in which another read could move there. */
function readAt(file: Deno.FsFile, at: number, length: number, path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  for (let read = 0; read < length;) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) throw new DataError(`${path} was cut short while it was read.`);
    read += count;
  }
  return bytes;
}
