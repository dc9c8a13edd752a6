import { join } from "node:path";
import { listFolderOrExplain, readFileOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { NpyRows } from "../files/npy_rows.ts";
import { checkRowLengths } from "../files/row_lengths.ts";
import type { NoteTaker } from "../note_taker.ts";

/** The files of a folder of embeddings that hold a field each, in the order in which they are read. */
const fieldNames = ["user_prompt", "system_prompt", "response"] as const;

/** The file that says which encoder made a folder's embeddings; folders of other origin have none. */
export const noteFile = "embeddings.json";

/** Which encoder made embeddings. */
export interface EncoderNote {
  /** What `--encoder` calls it. */
  readonly name: string;
  /** SHA-256, in hex, of all that its vectors depend on. */
  readonly fingerprint: string;
}

/** Embeddings of the texts of some records, one row a record. */
export interface TextEmbeddings {
  /** One entry for each field of the records, or a single one named "text". Data is row-major, [records, dimension]. */
  readonly fields: readonly { readonly name: string; readonly data: Float32Array }[];
  /** Dimensions of a row. */
  readonly dimension: number;
  /** What made them; null or absent where that is not known. */
  readonly encoder?: EncoderNote | null;
}

/** The embeddings that stand in a folder, read some records at a time. */
export class EmbeddingRows implements Disposable {
  readonly #files: readonly NpyRows[];
  readonly #names: readonly string[];
  /** What made them; null where that is not known. */
  readonly encoder: EncoderNote | null;

  private constructor(files: readonly NpyRows[], names: readonly string[], encoder: EncoderNote | null) {
    this.#files = files;
    this.#names = names;
    this.encoder = encoder;
  }

  /**
   * Opens a folder with any of `user_prompt.npy`, `system_prompt.npy` and `response.npy`, or one `text.npy`.
   *
   * @throws DataError when none or both kinds are there, or widths or numbers of rows differ
   */
  static async open(folder: string, onNote: NoteTaker = () => {}): Promise<EmbeddingRows> {
    const present = new Set(await listFolderOrExplain(folder, "a folder of embeddings"));
    const found = fieldNames.filter((name) => present.has(`${name}.npy`));
    const names = present.has("text.npy") ? ["text"] : found;
    if (names.length === 0) {
      const known = fieldNames.map((name) => `${name}.npy`).join(", ");
      throw new DataError(`${folder} holds none of ${known}, nor text.npy; at least one is expected.`);
    }
    if (names[0] === "text" && found.length > 0) {
      throw new DataError(`${folder} holds both text.npy and ${found[0]}.npy; one kind is expected.`);
    }
    const files: NpyRows[] = [];
    try {
      for (const name of names) {
        const file = await NpyRows.open(join(folder, `${name}.npy`), onNote);
        files.push(file);
        const { path, columns } = files[0]!;
        if (file.columns !== columns) {
          throw new DataError(`${file.path} has ${file.columns} columns, but ${path} has ${columns}.`);
        }
      }
      const encoder = present.has(noteFile) ? await readEncoderNote(join(folder, noteFile)) : null;
      return new EmbeddingRows(files, names, encoder);
    } catch (error) {
      for (const file of files) file[Symbol.dispose]();
      throw error;
    }
  }

  /** The files, with the rows that each has, and whether they can be read one by one without the others. */
  get files(): readonly { readonly path: string; readonly rows: number; readonly byRow: boolean }[] {
    return this.#files.map(({ path, rows, header }) => ({ path, rows, byRow: !header.fortranOrder }));
  }

  /** Names of the fields, one a file; a single one is named "text". */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Dimensions of a row. */
  get dimension(): number {
    return this.#files[0]!.columns;
  }

  /**
   * Expects a row for each record in each file.
   *
   * @param rowsOf says what has that many records
   * @throws DataError when there are more or fewer
   */
  expectRows(count: number, rowsOf: string): void {
    const other = this.#files.find(({ rows }) => rows !== count);
    if (other) throw new DataError(`${other.path} has ${other.rows} rows, but ${rowsOf}.`);
  }

  /**
   * Reads the rows of some records that follow each other.
   *
   * @param first number of the first record, from 0
   * @throws DataError when a file has too few rows, a value is not finite, or rows are too long or too short to compute with
   */
  async read(first: number, count: number): Promise<TextEmbeddings> {
    const fields = [];
    for (const [i, file] of this.#files.entries()) {
      const { path, rows, columns } = file;
      if (first + count > rows) throw new DataError(`${path} has ${rows} rows, but there are more records.`);
      const data = await file.read(first, count);
      checkRowLengths({ data, rows: count, columns }, path, first);
      fields.push({ name: this.#names[i]!, data });
    }
    return { fields, dimension: this.dimension, encoder: this.encoder };
  }

  /** Reads the rows of records by their numbers, from 0 and ascending. @throws DataError as `read` does */
  async readEach(numbers: Uint32Array): Promise<TextEmbeddings> {
    const { dimension, encoder } = this;
    const fields = this.#names.map((name) => ({ name, data: new Float32Array(numbers.length * dimension) }));
    for (let from = 0, to; from < numbers.length; from = to) {
      to = from + 1;
      while (to < numbers.length && numbers[to] === numbers[to - 1]! + 1) to++;
      const run = await this.read(numbers[from]!, to - from);
      if (to - from === numbers.length) return run;
      for (const [i, { data }] of run.fields.entries()) fields[i]!.data.set(data, from * dimension);
    }
    return { fields, dimension, encoder };
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}

async function readEncoderNote(path: string): Promise<EncoderNote> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "what made the embeddings"));
  try {
    const { encoder: { name, fingerprint } } = JSON.parse(text) as { encoder: Partial<EncoderNote> };
    if (typeof name === "string" && typeof fingerprint === "string") return { name, fingerprint };
  } catch {
    // Said below.
  }
  throw new DataError(`${path} is damaged: the name and the fingerprint of an encoder are expected in it.`);
}
