import { UsageError } from "../../kernels/errors.ts";
import type { MahalanobisMetric } from "./mahalanobis.ts";
import { expectColumns, type Matrix, type Numbers, rowOf, squaredDistances } from "./matrix.ts";

/** Settings of `KNeighborsRegressor`, named as in scikit-learn. */
export interface NeighborsOptions {
  /** How many neighbours; of fewer rows, all. */
  readonly neighbors: number;
  /** Euclidean distance by default. */
  readonly metric?: MahalanobisMetric | undefined;
  /** Whether near neighbours count for more: "uniform" by default, or "distance" for 1 / distance. */
  readonly weights?: "uniform" | "distance";
}

/**
 * Regression by the mean over a row's nearest neighbours under a metric; the first of rows equally near.
 *
 * @see Cover and Hart, "Nearest neighbor pattern classification" (1967)
 */
export class KNeighborsRegressor {
  readonly #rows: Matrix;

  /**
   * Keeps the rows to look among.
   *
   * @param x [rows, features]
   * @param y [rows]
   */
  constructor(x: Matrix, readonly y: Numbers, readonly options: NeighborsOptions) {
    expectColumns("y", { data: y, rows: x.rows, columns: 1 }, 1);
    if (options.neighbors < 1 || x.rows === 0) {
      throw new UsageError(`${options.neighbors} neighbours among ${x.rows} rows; at least 1 among 1 is expected.`);
    }
    this.#rows = options.metric?.transform(x) ?? x;
  }

  /** Predictions for rows. */
  predict(x: Matrix): Float64Array {
    const { neighbors, metric, weights = "uniform" } = this.options;
    const distances = squaredDistances(metric?.transform(x) ?? x, this.#rows);
    return Float64Array.from({ length: x.rows }, (_, i) => {
      const squared = rowOf(distances, i);
      const near = Array.from(squared.keys()).sort((a, b) => squared[a]! - squared[b]! || a - b).slice(0, neighbors);
      // Neighbours at the very place are the only ones that count.
      const there = near.filter((row) => squared[row] === 0);
      const counted = weights === "distance" && there.length > 0 ? there : near;
      const weightOf = (row: number) => weights === "distance" && there.length === 0 ? 1 / Math.sqrt(squared[row]!) : 1;
      let sum = 0, total = 0;
      for (const row of counted) {
        sum += weightOf(row) * this.y[row]!;
        total += weightOf(row);
      }
      return sum / total;
    });
  }
}
