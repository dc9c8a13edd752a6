import { MetrogradError } from "../../kernels/errors.ts";
import type { OnDone } from "../../data/observer.ts";
import { eigenpairSteps, leastSteps } from "./eigen.ts";
import { addColumnGram, rowsAtOnce } from "./ridge.ts";
import {
  addRows,
  centered,
  columnMeans,
  dot,
  expectColumns,
  type Matrix,
  rowProducts,
  timesVector,
  zeros,
} from "./matrix.ts";

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
    const steps = fitSteps(x, components);
    for (let step = steps.next();; step = steps.next()) if (step.done) return new Pca(...step.value);
  }

  /** The same with progress. @param onDone awaited before each step, of which there may be more than it says at first */
  static async fitInSteps(x: Matrix, components: number, onDone: OnDone): Promise<Pca> {
    const steps = fitSteps(x, components);
    for (let step = steps.next();; step = steps.next()) {
      if (step.done) return new Pca(...step.value);
      await onDone(...step.value);
    }
  }

  /** Coordinates of rows along the components, [rows, components]. */
  transform(x: Matrix): Matrix<Float64Array> {
    expectColumns("x", x, this.mean.length);
    return rowProducts(centered(x, this.mean), this.components);
  }
}

/** What a fit comes to, as the constructor takes it. */
type Fitted = readonly [
  mean: Float64Array,
  components: Matrix<Float64Array>,
  variance: Float64Array,
  ratio: Float64Array,
  singularValues: Float64Array,
];

/** Products by which the least steps are as many as XᵀX is worth: random rows take several times as many. */
const worth = 2;

function* fitSteps(
  x: Matrix,
  components: number,
): Generator<readonly [done: number, total: number], Fitted> {
  if (x.rows < 2) throw new MetrogradError(`A PCA is fitted to at least two rows, not to ${x.rows}.`);
  expectColumns("x", x, x.columns);
  const mean = columnMeans(x), rows = centered(x, mean), count = Math.min(components, x.rows, x.columns);
  const multiply = x.rows > x.columns && x.columns <= worth * 4 * leastSteps(count)
    ? yield* multiplierOf(rows)
    : (v: Float64Array) => productOf(rows, v);
  const { values, vectors } = yield* eigenpairSteps(multiply, x.columns, count);
  const squares = values.map((value) => Math.max(value, 0)), variance = squares.map((value) => value / (x.rows - 1));
  const total = dot(rows.data, rows.data) / (x.rows - 1);
  return [mean, vectors, variance, variance.map((one) => total > 0 ? one / total : 0), squares.map(Math.sqrt)];
}

/** Multiplies by XᵀX, which is computed once. */
function* multiplierOf(x: Matrix<Float64Array>): Generator<readonly [done: number, total: number], Multiplier> {
  const { rows, columns } = x, gram = zeros(columns, columns);
  for (let from = 0; from < rows; from += rowsAtOnce) {
    yield [from, rows];
    addColumnGram(gram.data, x, from);
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < i; j++) gram.data[j * columns + i] = gram.data[i * columns + j]!;
  }
  return (v) => timesVector(gram, v);
}

type Multiplier = (v: Float64Array) => Float64Array;

/** Xᵀ (X v). */
function productOf(x: Matrix<Float64Array>, v: Float64Array): Float64Array {
  const product = new Float64Array(x.columns);
  addRows(product, x, timesVector(x, v));
  return product;
}
