import { writeAtomically } from "../engine/files.ts";
import type { Predictions } from "./predict_rows.ts";

/**
 * Writes the predictions of validation rows as CSV: the number of the record, counted from 1, its true and its predicted
 * score, and the spread where there is one.
 */
export async function writeValidation(
  path: string,
  records: Uint32Array,
  score: Float32Array,
  { score: predicted, spread }: Predictions,
): Promise<void> {
  const number = (value: number) => String(Number(value.toFixed(6)));
  const rows = Array.from(records, (record, i) => [
    String(record + 1),
    number(score[i]!),
    number(predicted[i]!),
    ...(spread ? [number(spread[i]!)] : []),
  ]);
  const head = ["ID", "score", "predicted", ...(spread ? ["spread"] : [])];
  await writeAtomically(path, [head, ...rows].map((cells) => `${cells.join(",")}\n`).join(""));
}
