import { Philox } from "../../kernels/philox.ts";
import { metricsOfTexts, type MismatchOptions } from "../pairs/negatives.ts";
import { drawnRows } from "../pairs/drawn_rows.ts";
import type { ScoredPairs } from "../pairs/scored_pairs.ts";
import { RowList } from "../pairs/row_list.ts";

/** How rows are copied under a related metric. */
export interface MetricCopyOptions extends Pick<MismatchOptions, "seed" | "sameText" | "known"> {
  /** For a metric, the related one. */
  readonly related: ReadonlyMap<number, number>;
  /** Part of the rows that could be copied that are, 0 to 1. */
  readonly share: number;
  /** Most copies, drawn of all; null for no limit. */
  readonly count?: number | null;
}

const oppositeStream = 0x0bb, substituteStream = 0x5b5;

/**
 * Copies of the rows whose metric has an opposite, with the opposite and a low score: clip(round(N(11 - score, 1)), 1, 4).
 *
 * @see document 003, section 3.2
 */
export function oppositeMetricRows(rows: ScoredPairs, options: MetricCopyOptions): ScoredPairs {
  return copies(rows, options, new Philox(options.seed, oppositeStream), (score, random) => {
    return Math.min(Math.max(Math.round(11 - score + random.normal()), 1), 4);
  });
}

/**
 * Copies of the rows with a low score whose metric has a substitute, with the substitute and the same score.
 *
 * @param options.highest highest score that is copied, 5 in the document
 * @see document 003, section 3.3
 */
export function substitutableMetricRows(
  rows: ScoredPairs,
  options: MetricCopyOptions & { readonly highest: number },
): ScoredPairs {
  const random = new Philox(options.seed, substituteStream);
  return copies(rows, options, random, (score) => score <= options.highest ? score : null);
}

/** A text that occurs with the related metric keeps the score it has there. */
function copies(
  rows: ScoredPairs,
  { related, share, count = null, ...options }: MetricCopyOptions,
  random: Philox,
  scoreOf: (score: number, random: Philox) => number | null,
): ScoredPairs {
  const metricsOf = metricsOfTexts(options);
  const made = new RowList();
  rows.metric.forEach((from, row) => {
    const to = related.get(from);
    if (to === undefined || metricsOf(rows.text[row]!).has(to)) return;
    const score = scoreOf(rows.score[row]!, random);
    if (score === null || random.uniform() >= share) return;
    made.push(rows.text[row]!, to, score);
  });
  const all = made.rows();
  if (count === null) return all;
  const drawn = drawnRows(Uint32Array.from(all.score.keys()), count, random);
  return {
    text: drawn.map((row) => all.text[row]!),
    metric: drawn.map((row) => all.metric[row]!),
    score: Float32Array.from(drawn, (row) => all.score[row]!),
  };
}
