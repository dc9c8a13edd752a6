import { normalCdf } from "../normal_distribution.ts";

/** Exact counts of the real train set's scores, from lowest to highest; 5,000 in all. */
export const TRAIN_MARGINAL: readonly (readonly [score: number, count: number])[] = [
  [0, 13],
  [1, 6],
  [2, 5],
  [3, 7],
  [4, 3],
  [5, 1],
  [6, 45],
  [7, 95],
  [8, 259],
  [9, 3123],
  [9.5, 1],
  [10, 1442],
];
const MARGINAL_ROWS = 5000;

/** A step function from planted values (with the judge's noise) to scores, fitted by rank on the train rows. */
export interface ScoreMap {
  /** The scores there are, ascending. */
  readonly scores: readonly number[];
  /** `thresholds[k]` parts `scores[k]` from `scores[k + 1]`. */
  readonly thresholds: readonly number[];
}

/** The map that gives the noisy planted values of the train rows the exact train marginal (scaled to their number). */
export function fitScoreMap(noisy: readonly number[]): ScoreMap {
  const sorted = Float64Array.from(noisy).sort();
  const scores: number[] = [], thresholds: number[] = [];
  let cumulative = 0;
  for (const [score, count] of TRAIN_MARGINAL) {
    cumulative += count;
    scores.push(score);
    const rank = Math.round(cumulative * sorted.length / MARGINAL_ROWS);
    const below = sorted[rank - 1] ?? -Infinity, above = sorted[rank] ?? Infinity;
    if (score !== 10) thresholds.push(Number.isFinite(below) && Number.isFinite(above) ? (below + above) / 2 : below);
  }
  return { scores, thresholds };
}

/** The score of a planted value with its noise. */
export function scoreOf(map: ScoreMap, noisy: number): number {
  const above = map.thresholds.filter((threshold) => noisy > threshold).length;
  return map.scores[above]!;
}

/** E[score | planted value]: the map averaged over the judge's noise. */
export function expectedScore(map: ScoreMap, value: number, noise: number): number {
  let expected = map.scores[0]!;
  map.thresholds.forEach((threshold, k) => {
    expected += (map.scores[k + 1]! - map.scores[k]!) * normalCdf((value - threshold) / noise);
  });
  return expected;
}
