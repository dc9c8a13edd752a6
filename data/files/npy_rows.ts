import { openOrExplain } from "../../engine/files/files.ts";
import type { OpenFile } from "../../engine/platform/platform.ts";
import type { NoteTaker } from "../note_taker.ts";
import { expectFinite, floatsOf, matrixSize, noteConversion, type NpyMatrix, readNpyMatrix } from "./npy.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";
import { readAt } from "./read_at.ts";

/** Bytes at the beginning of a file that are searched for its header; NumPy's own are 128 bytes long. */
const headBytes = 1 << 16;

/** A matrix in an .npy file that is read some rows at a time, so that a file may be larger than memory. */
export class NpyRows implements Disposable {
  private constructor(
    readonly path: string,
    readonly rows: number,
    readonly columns: number,
    readonly header: NpyHeader,
    readonly file: OpenFile,
    /** Reads all of it, where the file is in column-major order, so that a row's numbers lie far apart; else null. */
    readonly whole: (() => Promise<NpyMatrix>) | null,
  ) {}

  /**
   * Opens a file.
   *
   * @throws DataError when it is missing or damaged, or holds no matrix of numbers
   */
  static async open(path: string, onNote: NoteTaker = () => {}): Promise<NpyRows> {
    const file = await openOrExplain(path, "an .npy file");
    try {
      const { size } = await file.stat(), head = await readAt(file, 0, Math.min(size, headBytes), path);
      const header = readNpyHeader(head, path, size), { rows, columns } = matrixSize(header.shape, path);
      if (header.fortranOrder) {
        let whole: Promise<NpyMatrix> | undefined;
        return new NpyRows(path, rows, columns, header, file, () => whole ??= readNpyMatrix(path, { onNote }));
      }
      noteConversion(header, path, onNote);
      return new NpyRows(path, rows, columns, header, file, null);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Reads rows from one on, [count, columns].
   *
   * @param first counted from 0
   * @throws DataError when a value is not finite, or the file became shorter
   */
  async read(first: number, count: number): Promise<Float32Array> {
    const { path, columns, header, whole } = this, from = first * columns, length = count * columns;
    if (whole) return (await whole()).data.slice(from, from + length);
    const bytes = await readAt(this.file, header.dataOffset + from * header.itemSize, length * header.itemSize, path);
    const data = floatsOf(bytes, { ...header, dataOffset: 0 }, path);
    expectFinite(data, columns, path, first);
    return data;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.file.close();
  }
}
