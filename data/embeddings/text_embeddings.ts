import { join } from "node:path";
import { listFolderOrExplain, readFileOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../note_taker.ts";
import { readNpyMatrix } from "../files/npy.ts";
import { checkRowLengths } from "../files/row_lengths.ts";

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

/** How `readTextEmbeddings` reads. */
export interface TextEmbeddingsOptions {
  /** Says what has that many records, for the message: "train.json has 5000 records". */
  readonly rowsOf?: string;
  /** True when the records are those before the damage of a file: rows after the last of them are left out. */
  readonly recovered?: boolean;
  /** Told in a sentence of anything worth knowing about the files. */
  readonly onNote?: NoteTaker;
}

/**
 * Reads the embeddings that stand in a folder: any of `user_prompt.npy`, `system_prompt.npy` and `response.npy`, or
 * one `text.npy`.
 *
 * @throws DataError when none or both kinds are there, rows are not as many as records, widths differ, a value is not finite or rows are too
 *   long or too short to compute with
 */
export async function readTextEmbeddings(
  folder: string,
  recordCount: number,
  options: TextEmbeddingsOptions = {},
): Promise<TextEmbeddings> {
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
  const fields = [];
  let first: { path: string; columns: number } | undefined;
  for (const name of names) {
    const path = join(folder, `${name}.npy`);
    const { data, columns } = await readRows(path, recordCount, options);
    first ??= { path, columns };
    if (columns !== first.columns) {
      throw new DataError(`${path} has ${columns} columns, but ${first.path} has ${first.columns}.`);
    }
    fields.push({ name, data });
  }
  const encoder = present.has(noteFile) ? await readEncoderNote(join(folder, noteFile)) : null;
  return { fields, dimension: first!.columns, encoder };
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

/**
 * One text embedding a record, [records, dimension]: the mean of its fields, scaled to length 1, or the one text
 * embedding as it is. A field whose row is all zeros (a record without a system prompt) has no part in that row's
 * mean; a row without any field stays zero.
 */
export function meanText({ fields, dimension }: TextEmbeddings): Float32Array {
  const single = fields.find(({ name }) => name === "text");
  if (single) return single.data;
  const mean = new Float32Array(fields[0]?.data.length ?? 0);
  for (let start = 0; start < mean.length; start += dimension) {
    // Scaled to length 1, the sum over the fields is their mean, however many of them are zero.
    let squares = 0;
    for (let i = start; i < start + dimension; i++) {
      for (const { data } of fields) mean[i]! += data[i]!;
      squares += mean[i]! ** 2;
    }
    if (squares > 0) mean.set(mean.subarray(start, start + dimension).map((sum) => sum / Math.sqrt(squares)), start);
  }
  return mean;
}

async function readRows(path: string, count: number, options: TextEmbeddingsOptions) {
  const { rowsOf = `there are ${count} records`, recovered = false, onNote = () => {} } = options;
  const matrix = await readNpyMatrix(path, recovered ? { onNote } : { rows: count, rowsOf, onNote });
  checkRowLengths(matrix, path);
  if (!recovered) return matrix;
  const { data, rows, columns } = matrix;
  if (rows < count) throw new DataError(`${path} has ${rows} rows, but ${rowsOf}.`);
  if (rows > count) onNote(`${path}: the first ${count} of ${rows} rows are used, one for each record that was saved.`);
  return { data: data.slice(0, count * columns), columns };
}
