import { MetrogradError } from "../../kernels/errors.ts";
import { leadingEigenpairs } from "./eigen.ts";
import { addRows, centered, columnMeans, dot, expectColumns, type Matrix, rowProducts, timesVector } from "./matrix.ts";

/**
 * Principal component analysis in float64.
 *
 * @see Jolliffe, "Principal Component Analysis" (2002)
 */
export class Pca {
  private constructor(
    /** Mean of the rows that it was fitted to, [features]. */
    readonly mean: Float64Array,
    /** Directions of the greatest variance, as rows of length 1, [components, features]. */
    readonly components: Matrix<Float64Array>,
    /** Variances along them, over rows - 1, [components]. */
    readonly explainedVariance: Float64Array,
    /** The same as shares of the variance of all features, [components]. */
    readonly explainedVarianceRatio: Float64Array,
    /** Lengths of the centred rows' coordinates along them, [components]. */
    readonly singularValues: Float64Array,
  ) {}

  /**
   * Fits to rows.
   *
   * @param components how many directions; of fewer rows or features, as many as those
   * @throws MetrogradError when there are fewer than two rows
   */
  static fit(x: Matrix, components: number): Pca {
    if (x.rows < 2) throw new MetrogradError(`A PCA is fitted to at least two rows, not to ${x.rows}.`);
    expectColumns("x", x, x.columns);
    const mean = columnMeans(x), rows = centered(x, mean);
    const count = Math.min(components, x.rows, x.columns);
    const { values, vectors } = leadingEigenpairs((v) => productOf(rows, v), x.columns, count);
    const squares = values.map((value) => Math.max(value, 0));
    const variance = squares.map((value) => value / (x.rows - 1));
    const total = dot(rows.data, rows.data) / (x.rows - 1);
    return new Pca(mean, vectors, variance, variance.map((one) => total > 0 ? one / total : 0), squares.map(Math.sqrt));
  }

  /** Coordinates of rows along the components, [rows, components]. */
  transform(x: Matrix): Matrix<Float64Array> {
    expectColumns("x", x, this.mean.length);
    return rowProducts(centered(x, this.mean), this.components);
  }
}

/** Xᵀ (X v). */
function productOf(x: Matrix<Float64Array>, v: Float64Array): Float64Array {
  const product = new Float64Array(x.columns);
  addRows(product, x, timesVector(x, v));
  return product;
}
