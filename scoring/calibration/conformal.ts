import { MetrogradError } from "../../kernels/errors.ts";

/** Rows that were predicted by a model that had not seen them. */
export interface ConformalRows {
  /** Scores as the model gives them, [rows]. */
  readonly predicted: ArrayLike<number>;
  /** True scores, [rows]. */
  readonly actual: ArrayLike<number>;
  /** Standard deviations that the model gives; null where it gives none. */
  readonly standardDeviation: ArrayLike<number> | null;
  /** How much each row counts: how much likelier rows like it are where intervals are wanted than here. */
  readonly weight: ArrayLike<number>;
  /** Number of each row's group, [rows]; null or absent where every row is on its own. */
  readonly group?: ArrayLike<number> | null;
}

/** Intervals, clipped to 0..10. */
export interface Intervals {
  /** Lower ends, [rows]. */
  readonly low: Float32Array;
  /** Upper ends, [rows]. */
  readonly high: Float32Array;
}

/** Levels at which intervals are measured unless another is asked for. */
export const intervalLevels = [0.5, 0.8, 0.9, 0.95] as const;

/** Smallest standard deviation that is believed. */
const leastStandardDeviation = 1e-3;

/**
 * Split conformal intervals: prediction ± q · standard deviation, or ± q where the model gives no standard deviation, with q such that the held-out
 * rows' |true - predicted| / standard deviation are below it as often as wanted. They hold a true score with at least the wanted
 * probability, however bad the model is, where new rows are drawn as the held-out ones (or, with weights, as often of each
 * kind as the weights say).
 *
 * Rows of one group have errors in common. With groups, a new row is one of a group of which no row was held out, and each
 * group counts as one row does without: its rows share its weight.
 *
 * @see Vovk, Gammerman, Shafer, "Algorithmic learning in a random world" (2005); Lei et al., "Distribution-free predictive
 * inference for regression" (2018); Tibshirani et al., "Conformal prediction under covariate shift" (2019), for the weights; Lee, Barber, Willett, "Distribution-free inference with hierarchical data" (2023), for the groups
 */
export class ConformalIntervals {
  private constructor(
    /** Half width, in units of the standard deviation where there is one. */
    readonly halfWidth: number,
    /** True where it is in units of the standard deviation. */
    readonly scaled: boolean,
  ) {}

  /**
   * Finds the half width: without weights the ⌈(n + 1) · level⌉-th smallest of the n rows' errors.
   *
   * @param source what holds the rows, for the message
   * @throws MetrogradError when there are too few rows for the level
   */
  static fit(
    { predicted, actual, standardDeviation, weight, group = null }: ConformalRows,
    level: number,
    source: string,
  ): ConformalIntervals {
    const error = (i: number) =>
      Math.abs(actual[i]! - predicted[i]!) /
      (standardDeviation ? Math.max(standardDeviation[i]!, leastStandardDeviation) : 1);
    const counted = Array.from(actual, (_, i) => ({ error: error(i), weight: weight[i]!, group: group?.[i] ?? i }))
      .filter(({ weight }) => weight > 0);
    const groups = Map.groupBy(counted, ({ group }) => group);
    const rows = counted.map(({ error, weight, group }) => ({ error, weight: weight / groups.get(group)!.length }))
      .sort((a, b) => a.error - b.error);
    const weights = [...groups.values()].map((own) => own.reduce((sum, { weight }) => sum + weight, 0) / own.length);
    const greatest = weights.reduce((most, weight) => Math.max(most, weight), 0);
    // The new row may be of any group and kind, and its error infinite.
    const wanted = level * rows.reduce((sum, { weight }) => sum + weight, greatest);
    let sum = 0;
    for (const row of rows) {
      sum += row.weight;
      if (sum >= wanted * (1 - 1e-12)) return new ConformalIntervals(row.error, standardDeviation !== null);
    }
    const what = group ? "groups of held-out rows" : "held-out rows", remedy = group ? " (see --validation-share)" : "";
    throw new MetrogradError(
      `The ${what} of ${source} count for ${Math.floor(sum / (greatest || 1) + 1e-9)}, too few for intervals of ${
        Number((100 * level).toFixed(3))
      } %; at least ${Math.ceil(level / (1 - level) - 1e-9)} are expected${remedy}.`,
    );
  }

  /** Intervals around predictions. @param standardDeviation as the held-out rows had it */
  around(predicted: ArrayLike<number>, standardDeviation: ArrayLike<number> | null): Intervals {
    const bound = (side: number) =>
      Float32Array.from({ length: predicted.length }, (_, i) => {
        const half = this.halfWidth * (this.scaled ? Math.max(standardDeviation![i]!, leastStandardDeviation) : 1);
        return Math.min(Math.max(predicted[i]! + side * half, 0), 10);
      });
    return { low: bound(-1), high: bound(1) };
  }
}
