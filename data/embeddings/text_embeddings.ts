import { DataError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../note_taker.ts";
import { EmbeddingRows, type TextEmbeddings } from "./embedding_rows.ts";

export { type EncoderNote, noteFile, type TextEmbeddings } from "./embedding_rows.ts";

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
  { rowsOf = `there are ${recordCount} records`, recovered = false, onNote = () => {} }: TextEmbeddingsOptions = {},
): Promise<TextEmbeddings> {
  using rows = await EmbeddingRows.open(folder, onNote);
  if (!recovered) rows.expectRows(recordCount, rowsOf);
  for (const { path, rows: count } of rows.files) {
    if (count < recordCount) throw new DataError(`${path} has ${count} rows, but ${rowsOf}.`);
    if (count === recordCount) continue;
    onNote(
      `${path}: the first ${recordCount} of ${count} rows are used, one for each record that was saved.`,
    );
  }
  return await rows.read(0, recordCount);
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
