import { HeldOutRidge } from "../classical/held_out_ridge.ts";
import type { Ridge } from "../classical/ridge.ts";
import { conjugateGradient, rowProduct } from "../classical/gaussian_process/conjugate_gradient.ts";
import type { Phase } from "../../data/observer.ts";
import type { Holdout } from "../classical/holdouts.ts";

/** The rows that candidates are fitted to and judged on. */
export interface CandidateRows {
  readonly score: Float64Array;
  readonly weight: Float64Array;
  /** Number of each row's metric. */
  readonly metric: Uint32Array;
}

/** A way to score that is fitted to rows and predicts others, all by number. */
export interface Candidate {
  /** Predictions of the rows that are held out. */
  predict(holdout: Holdout): Promise<Float64Array> | Float64Array;
}

/** Mean score of rows, by weight. */
export function meanOf({ score, weight }: CandidateRows, rows: Uint32Array): number {
  let sum = 0, total = 0;
  for (const row of rows) {
    sum += score[row]! * weight[row]!;
    total += weight[row]!;
  }
  return sum / total;
}

/** Rows with the mean score of all that a metric's mean is drawn towards it by. */
export const priorRows = 1;

/** Mean score of each metric's rows, drawn towards the mean of all. */
export function metricMean(rows: CandidateRows): Candidate {
  const { score, weight, metric } = rows;
  return {
    predict({ fit, held }) {
      const mean = meanOf(rows, fit), sums = new Map<number, number>(), totals = new Map<number, number>();
      for (const row of fit) {
        const one = metric[row]!;
        sums.set(one, (sums.get(one) ?? 0) + weight[row]! * (score[row]! - mean));
        totals.set(one, (totals.get(one) ?? 0) + weight[row]!);
      }
      return Float64Array.from(held, (row) => {
        const one = metric[row]!;
        return mean + (sums.get(one) ?? 0) / ((totals.get(one) ?? 0) + priorRows);
      });
    },
  };
}

/** Ridge regression with a given penalty. @param known predictions of holdouts that were made before */
export function ridge(
  regression: HeldOutRidge,
  features: RowFeatures,
  penalty: number,
  known: ReadonlyMap<Holdout, Float64Array>,
): Candidate {
  return {
    predict(holdout) {
      return known.get(holdout) ??
        predictLinear(features, holdout.held, regression.fitEach(holdout.fit, [penalty])[0]!);
    },
  };
}

/** Numbers of rows, side by side. */
export interface RowFeatures {
  /** [rows, width] */
  readonly data: Float32Array;
  readonly width: number;
}

/** Ridge regressions of the scores on the rows' numbers. */
export function regressionOn({ score, weight }: CandidateRows, { data, width }: RowFeatures): HeldOutRidge {
  return new HeldOutRidge({ x: { data, rows: score.length, columns: width }, y: score, weight });
}

/** Predictions of some rows. */
export function predictLinear(
  { data, width }: RowFeatures,
  rows: Uint32Array,
  { coef, intercept }: Ridge,
): Float64Array {
  return Float64Array.from(rows, (row) => {
    let sum = intercept;
    for (let k = 0; k < width; k++) sum += coef[k]! * data[row * width + k]!;
    return sum;
  });
}

/** What is said while candidates are judged. */
export const judging = "judging candidates out of fold";

/** |residual| / |target| at which a held-out prediction is exact enough. */
const tolerance = 1e-3;

/**
 * A Gaussian process whose scales are known.
 *
 * @param covariances of all rows, without noise, [rows, rows]
 * @param noise variance of each row's
 */
export function process(
  rows: CandidateRows,
  covariances: Float32Array,
  noise: Float64Array,
  phase: Phase,
): Candidate {
  return {
    async predict({ fit, held }) {
      const mean = meanOf(rows, fit), size = rows.score.length;
      const target = rows.score.map((score) => score - mean);
      const alpha = await conjugateGradient(covariances, noise, target, {
        rows: fit,
        tolerance,
        onStep: () => phase(judging),
      });
      return Float64Array.from(held, (row) => mean + rowProduct(covariances, row * size, alpha));
    },
  };
}
