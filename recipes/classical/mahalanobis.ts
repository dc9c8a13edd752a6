import { symmetricEigenpairs } from "./eigen.ts";
import { expectColumns, type Matrix, rowOf, rowProducts, zeros } from "./matrix.ts";

/**
 * A learned Mahalanobis metric, d(x, y) = |L (x - y)|, with metric-learn's names for what can be read of it.
 *
 * @see Bellet, Habrard, Sebban, "Metric Learning" (2015), section 2
 */
export class MahalanobisMetric {
  /** Takes L as `components`, [rank, features]. */
  constructor(readonly components: Matrix<Float64Array>) {}

  /** M = Σ w_i b_i b_iᵀ over rows b_i: a row √w_i b_i of L for each weight that is not 0. */
  static fromBasisWeights(basis: Matrix, weights: Float64Array): MahalanobisMetric {
    expectColumns("weights", { data: weights, rows: basis.rows, columns: 1 }, 1);
    const used = Array.from(weights.keys()).filter((i) => weights[i]! > 0);
    const components = zeros(used.length, basis.columns);
    used.forEach((i, k) => {
      const root = Math.sqrt(weights[i]!);
      rowOf(basis, i).forEach((value, j) => components.data[k * basis.columns + j] = root * value);
    });
    return new MahalanobisMetric(components);
  }

  /** M = Lᵀ L, [features, features]; d(x, y)² = (x - y)ᵀ M (x - y). */
  getMahalanobisMatrix(): Matrix<Float64Array> {
    const { columns, rows } = this.components;
    const matrix = zeros(columns, columns);
    for (let k = 0; k < rows; k++) {
      const row = rowOf(this.components, k);
      row.forEach((value, i) => row.forEach((other, j) => matrix.data[i * columns + j]! += value * other));
    }
    return matrix;
  }

  /** L x of rows: Euclidean distances between the results are those of the metric. [n, features] → [n, rank] */
  transform(x: Matrix): Matrix<Float64Array> {
    expectColumns("x", x, this.components.columns);
    return rowProducts(x, this.components);
  }

  /** Distances of rows to rows of the same number, [n]. */
  pairDistance(x: Matrix, y: Matrix): Float64Array {
    const a = this.transform(x), b = this.transform(y);
    return Float64Array.from(
      { length: x.rows },
      (_, i) => Math.hypot(...rowOf(a, i).map((value, k) => value - rowOf(b, i)[k]!)),
    );
  }

  /** How alike rows are: the distance with its sign turned, [n]. */
  pairScore(x: Matrix, y: Matrix): Float64Array {
    return this.pairDistance(x, y).map((distance) => -distance);
  }

  /** The metric of the lowest rank that keeps M but for eigenvalues below 1e-12 of the greatest; L has a row for each. */
  reduced(): MahalanobisMetric {
    const { values, vectors } = symmetricEigenpairs(this.getMahalanobisMatrix());
    const weights = values.map((value) => value > 1e-12 * values[0]! ? value : 0);
    return MahalanobisMetric.fromBasisWeights(vectors, weights);
  }
}
