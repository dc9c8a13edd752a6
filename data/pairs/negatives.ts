import { Philox } from "../../kernels/philox.ts";
import { RowList } from "./row_list.ts";
import type { ScoredPairs } from "./scored_pairs.ts";

/** How pairs of a text and a metric that does not fit it are drawn. */
export interface MismatchOptions {
  readonly seed: number;
  /** How many metrics there are. */
  readonly metrics: number;
  /** For each text, a number that equal texts share: a metric that occurs with any of them is not a mismatch. */
  readonly sameText: ArrayLike<number>;
  /** Every pair that occurs, in whatever part of the data. */
  readonly known: Pick<ScoredPairs, "text" | "metric">;
}

/** Lowest and highest score of a metric-swap negative, as in document 004, unless others are asked for. */
const negativeScores = [1, 6] as const;

/**
 * Score that stands for a metric that does not fit in the mismatched-metric validation set: such rows of the real test set
 * lie near 1.5 to 2. It is a figure to measure against, not one that is trained on.
 */
export const mismatchedScore = 1.75;

const negativesStream = 0x4e6, mismatchStream = 0x3157;

/**
 * Metric-swap negatives: copies of a share of the rows with a random metric that does not occur with their text, and a
 * whole score uniform in 1..6. Drawn once; a share above 1 copies rows more than once.
 *
 * @see document 004, section 1.3
 */
export function metricSwapNegatives(
  rows: ScoredPairs,
  options: MismatchOptions & { readonly share: number; readonly scores?: readonly [lowest: number, highest: number] },
): ScoredPairs {
  const random = new Philox(options.seed, negativesStream);
  const { length } = rows.text;
  const picked = drawRows(length, Math.round(options.share * length), random);
  const [low, high] = options.scores ?? negativeScores;
  return mismatches(rows, picked, options, random, () => low + random.integer(high - low + 1));
}

/**
 * Every row with a random metric that does not occur with its text, and the score that stands for such rows. Metrics that no
 * row has are left out.
 *
 * @param narrow picks from the metrics those that are drawn from, such as near misses of the row's own (`nearMissesOf`)
 */
export function mismatchedPairs(
  rows: ScoredPairs,
  options: MismatchOptions,
  narrow: (metric: number, among: readonly number[]) => readonly number[] = (_, among) => among,
): ScoredPairs {
  const random = new Philox(options.seed, mismatchStream), occurring = new Set(options.known.metric);
  const choose = (metric: number, free: readonly number[]) => narrow(metric, free.filter((one) => occurring.has(one)));
  return mismatches(rows, Array.from(rows.text.keys()), options, random, () => mismatchedScore, choose);
}

/**
 * The figure that picks the best epoch: plain validation RMSE, or the RMSE of plain and mismatched rows mixed at the
 * negatives' share (half and half from 0.5 on) where there are negatives.
 */
export function mixedRmse(plain: number, mismatched: number | null, share: number): number {
  if (share === 0 || mismatched === null) return plain;
  const part = Math.min(share, 0.5);
  return Math.sqrt((1 - part) * plain ** 2 + part * mismatched ** 2);
}

/** That many of some rows in random order: none twice before all were drawn, none thrice before all were drawn twice. */
export function drawRows(rows: number, count: number, random: Philox): number[] {
  const drawn: number[] = [];
  if (rows === 0) return drawn;
  while (drawn.length < count) {
    for (const row of random.permutation(rows).subarray(0, count - drawn.length)) drawn.push(row);
  }
  return drawn;
}

/**
 * Tells for each text which metrics occur with it, or with an equal one.
 *
 * @param asked texts that it will be asked of; all by default
 */
export function metricsOfTexts(
  { sameText, known }: Pick<MismatchOptions, "sameText" | "known">,
  asked: Uint32Array | null = null,
): (text: number) => ReadonlySet<number> {
  const used = new Map<number, Set<number>>(), wanted = asked && new Set(asked.map((text) => sameText[text]!));
  known.text.forEach((text, i) => {
    const group = sameText[text]!;
    if (wanted && !wanted.has(group)) return;
    if (!used.has(group)) used.set(group, new Set());
    used.get(group)!.add(known.metric[i]!);
  });
  return (text) => used.get(sameText[text]!) ?? new Set();
}

/** Pairs the texts of some rows with other metrics; a text that occurs with every metric is left out. */
function mismatches(
  rows: ScoredPairs,
  picked: readonly number[],
  options: MismatchOptions,
  random: Philox,
  score: () => number,
  choose: (metric: number, free: readonly number[]) => readonly number[] = (_, free) => free,
): ScoredPairs {
  const metricsOf = metricsOfTexts(options, Uint32Array.from(picked, (row) => rows.text[row]!));
  const made = new RowList();
  for (const row of picked) {
    const taken = metricsOf(rows.text[row]!);
    const all = Array.from({ length: options.metrics }, (_, i) => i).filter((one) => !taken.has(one));
    const free = choose(rows.metric[row]!, all);
    if (free.length === 0) continue;
    made.push(rows.text[row]!, free[random.integer(free.length)]!, score());
  }
  return made.rows();
}
