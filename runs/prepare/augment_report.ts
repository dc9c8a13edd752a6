import { join } from "node:path";
import { meanScore } from "../../data/evaluation.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import { writeNpy } from "../../data/files/npy.ts";
import { scoreClass, scoreRange } from "../../data/scores.ts";
import { fillFolder, writeAtomically } from "../../engine/files/files.ts";
import { joinPairs, paraphraseStage } from "./augment.ts";
import type { PreparedRun } from "./prepared_run.ts";

/** The train rows after a stage of augmentation. */
export interface StageFigures {
  /** What was added last; "records" before any stage. */
  readonly stage: string;
  /** Rows that the stage added. */
  readonly added: number;
  /** All rows so far. */
  readonly rows: number;
  /** Mean score of all rows so far. */
  readonly mean: number;
  /** Rows so far of each class of scores, 0 to 10. */
  readonly classes: readonly number[];
}

/** The train rows before augmentation, after each stage, and with their records' scores smoothed where that is wanted. */
export function stageFigures({ plain, smoothed, added }: PreparedRun["rows"]): StageFigures[] {
  let rows = plain;
  const figures = (stage: string, count: number): StageFigures => {
    const classes = new Array<number>(scoreRange[1] + 1).fill(0);
    for (const score of rows.score) classes[scoreClass(score)]!++;
    return { stage, added: count, rows: rows.score.length, mean: meanScore(rows.score), classes };
  };
  const all = [figures("records", plain.score.length)];
  for (const { stage, rows: more } of added) {
    rows = joinPairs([rows, more]);
    all.push(figures(stage, more.score.length));
  }
  if (smoothed) {
    rows = joinPairs([{ ...plain, score: smoothed }, ...added.map(({ rows }) => rows)]);
    all.push(figures("smoothed scores", 0));
  }
  return all;
}

/**
 * Writes the train rows into a folder. `rows.json` has them as records, each with its stage and the number of the record
 * that its texts are from, or with that of the record that they paraphrase. Where a stage made numbers of its own, `text_row` and `metric_row` count, from 0, rows of
 * `texts.npy` (fields side by side) and `metrics.npy`, and the texts and the metric are those that they were made from.
 */
export async function writeAugmented(folder: string, { metrics, rows }: PreparedRun): Promise<void> {
  const { records, recordNumbers, paraphraseOf, plain, smoothed, added, tables: { texts, metrics: metricRows } } = rows;
  const numberOf = (row: number | undefined) => row === undefined ? null : recordNumbers[row]! + 1;
  const recordsOf = (stage: string, { text, metric, score }: ScoredPairs) =>
    Array.from(text, (at, i) => {
      const isText = at < texts.firstRows, isMetric = metric[i]! < metricRows.firstRows;
      const from = isText ? at : texts.origins[at - texts.firstRows]!;
      const { systemPrompt, userPrompt, response } = records[from]!;
      return {
        metric_name: metrics.names[isMetric ? metric[i]! : metricRows.origins[metric[i]! - metricRows.firstRows]!],
        system_prompt: systemPrompt,
        user_prompt: userPrompt,
        response,
        score: score[i],
        stage,
        record: from < recordNumbers.length ? numberOf(from) : null,
        ...(stage === paraphraseStage ? { paraphrase_of: numberOf(paraphraseOf[from - recordNumbers.length]) } : {}),
        ...(isText ? {} : { text_row: at - texts.firstRows }),
        ...(isMetric ? {} : { metric_row: metric[i]! - metricRows.firstRows }),
      };
    });
  const learnt = { ...plain, score: smoothed ?? plain.score };
  const all = [{ stage: "records", rows: learnt }, ...added].flatMap(({ stage, rows }) => recordsOf(stage, rows));
  await fillFolder(folder, async () => {
    await writeAtomically(join(folder, "rows.json"), `[\n${all.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
    for (const [name, table] of [["texts.npy", texts], ["metrics.npy", metricRows]] as const) {
      if (table.origins.length === 0) continue;
      const made = table.joined().subarray(table.firstRows * table.dimension);
      await writeNpy(join(folder, name), made, [table.origins.length, table.dimension]);
    }
  });
}
