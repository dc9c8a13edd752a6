import { rmse } from "../../data/evaluation.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { cholesky, choleskyInverse, choleskySolve } from "./cholesky.ts";
import { addPanelProducts, panelsOf, setInPanels } from "./panels.ts";
import { centered, columnMeans, dot, expectColumns, type Matrix, type Numbers, rowOf } from "./matrix.ts";

/** Rows that a regression is fitted to. */
export interface RegressionRows {
  /** [rows, features] */
  readonly x: Matrix;
  /** [rows] */
  readonly y: Numbers;
  /** How much each row counts, [rows]; 1 by default. */
  readonly weight?: Numbers | undefined;
}

/** The strengths of the penalty that searches try: powers of 10, with a step between. */
export const defaultAlphas: readonly number[] = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

/** What a search for the strength found. */
export interface RidgeSearch {
  /** The model of the best strength. */
  readonly ridge: Ridge;
  /** The strength of its penalty. */
  readonly alpha: number;
  /** Its RMSE on the validation rows, or on those that were left out. */
  readonly validationRmse: number;
}

/**
 * Ridge regression in closed form and in float64: coef and intercept minimise Σ w (y - x . coef - intercept)² +
 * alpha |coef|². The intercept is not penalised.
 *
 * @see Hoerl and Kennard, "Ridge regression" (1970)
 */
export class Ridge {
  /** Takes a fitted model's numbers. */
  constructor(
    /** [features] */
    readonly coef: Float64Array,
    readonly intercept: number,
  ) {}

  /**
   * Fits to rows.
   *
   * @param alpha strength of the penalty, more than 0
   * @throws ShapeError when the sizes do not fit together, MetrogradError when no row counts
   */
  static fit(rows: RegressionRows, alpha: number): Ridge {
    return new NormalEquations(rows).solve(alpha);
  }

  /** Fits with each strength, and keeps the one with the lowest RMSE on rows that were held out; the first of equals. */
  static search(
    train: RegressionRows,
    validation: RegressionRows,
    alphas: readonly number[] = defaultAlphas,
  ): RidgeSearch {
    const equations = new NormalEquations(train);
    const wanted = Float32Array.from(validation.y);
    const tried = alphas.map((alpha) => {
      const ridge = equations.solve(alpha);
      return { ridge, alpha, validationRmse: rmse(Float32Array.from(ridge.predict(validation.x)), wanted) };
    });
    return tried.reduce((best, one) => one.validationRmse < best.validationRmse ? one : best);
  }

  /**
   * Fits with each strength, and keeps the one with the lowest weighted RMSE on the rows themselves, each predicted as if it
   * had been left out; the first of equals. Nothing is fitted anew for that: a row of leverage h that is left out has the
   * error (y - prediction) / (1 - h).
   *
   * @see Golub, Heath, Wahba, "Generalized cross-validation as a method for choosing a good ridge parameter" (1979)
   */
  static searchLeaveOneOut(rows: RegressionRows, alphas: readonly number[] = defaultAlphas): RidgeSearch {
    const equations = new NormalEquations(rows);
    const tried = alphas.map((alpha) => {
      const { ridge, rmse } = equations.leaveOneOut(alpha);
      return { ridge, alpha, validationRmse: rmse };
    });
    return tried.reduce((best, one) => one.validationRmse < best.validationRmse ? one : best);
  }

  /** Predictions for rows. */
  predict(x: Matrix): Float64Array {
    expectColumns("x", x, this.coef.length);
    return Float64Array.from({ length: x.rows }, (_, i) => this.intercept + dot(rowOf(x, i), this.coef));
  }
}

/** The products of centred rows that all strengths of the penalty share: of rows where those are fewer, else of features. */
class NormalEquations {
  readonly #rows: RegressionRows;
  /** Sum of the weights. */
  readonly #total: number;
  readonly #meanX: Float64Array;
  readonly #meanY: number;
  /** Rows less their mean, times the roots of their weights, [rows, features]. */
  readonly #scaled: Matrix<Float64Array>;
  /** The same of y, [rows]. */
  readonly #target: Float64Array;
  /** True where the products are those of rows. */
  readonly #wide: boolean;
  /** Lower triangle, [features, features] or [rows, rows]. */
  readonly #gram: Float64Array;
  /** Side of it. */
  readonly #size: number;

  constructor(rows: RegressionRows) {
    const { x, y, weight } = rows;
    this.#rows = rows;
    this.#total = weight ? Float64Array.from(weight).reduce((sum, one) => sum + one, 0) : x.rows;
    expectColumns("x", x, x.columns);
    expectColumns("y", { data: y, rows: x.rows, columns: 1 }, 1);
    if (weight) expectColumns("weight", { data: weight, rows: x.rows, columns: 1 }, 1);
    this.#meanX = columnMeans(x, weight);
    [this.#meanY] = columnMeans({ data: y, rows: x.rows, columns: 1 }, weight) as unknown as [number];
    if (Number.isNaN(this.#meanY)) throw new MetrogradError("There are no rows to fit a ridge regression to.");
    this.#scaled = centered(x, this.#meanX);
    this.#target = Float64Array.from(y, (value) => value - this.#meanY);
    weight?.forEach((one, i) => {
      const root = Math.sqrt(one);
      this.#target[i]! *= root;
      rowOf(this.#scaled, i).forEach((value, j, row) => row[j] = value * root);
    });
    this.#wide = x.rows < x.columns;
    this.#gram = this.#wide ? rowGram(this.#scaled) : columnGram(this.#scaled);
    this.#size = this.#wide ? x.rows : x.columns;
  }

  solve(alpha: number): Ridge {
    return this.#fit(this.#factor(alpha));
  }

  /** The model, and the weighted RMSE of the rows, each predicted by the others. */
  leaveOneOut(alpha: number): { ridge: Ridge; rmse: number } {
    const factor = this.#factor(alpha), ridge = this.#fit(factor);
    const errors = this.#wide ? this.#errorsByRows(factor, alpha) : this.#errorsByFeatures(factor, ridge);
    const { weight } = this.#rows;
    const squares = errors.reduce((sum, error, i) => {
      const counted = weight?.[i] ?? 1;
      return sum + (counted > 0 ? counted * error ** 2 : 0);
    }, 0);
    return { ridge, rmse: Math.sqrt(squares / this.#total) };
  }

  #fit(factor: Float64Array): Ridge {
    const coef = this.#wide ? moments(this.#scaled, this.#dual(factor)) : moments(this.#scaled, this.#target);
    if (!this.#wide) choleskySolve(factor, this.#size, coef);
    return new Ridge(coef, this.#meanY - dot(coef, this.#meanX));
  }

  /** (X Xᵀ + alpha)⁻¹ y, [rows]. */
  #dual(factor: Float64Array): Float64Array {
    const dual = this.#target.slice();
    choleskySolve(factor, this.#size, dual);
    return dual;
  }

  /** Errors of rows that are left out: (y - prediction) / (1 - leverage), the leverage being w (1 / Σ w + |L⁻¹ (x - mean)|²). */
  #errorsByFeatures(factor: Float64Array, { coef, intercept }: Ridge): Float64Array {
    const { x, y, weight } = this.#rows, size = this.#size;
    const apart = new Float64Array(size);
    return Float64Array.from({ length: x.rows }, (_, i) => {
      const row = rowOf(x, i), counted = weight?.[i] ?? 1;
      let squared = 0;
      for (let j = 0; j < size; j++) {
        apart[j] = (row[j]! - this.#meanX[j]! - dot(factor.subarray(j * size, j * size + j), apart)) /
          factor[j * size + j]!;
        squared += apart[j]! ** 2;
      }
      return (y[i]! - intercept - dot(row, coef)) / (1 - counted * (1 / this.#total + squared));
    });
  }

  /** The same by K⁻¹ = (X Xᵀ + alpha)⁻¹: what is left of y is alpha K⁻¹ y, and 1 - leverage is alpha (K⁻¹)ᵢᵢ - w / Σ w. */
  #errorsByRows(factor: Float64Array, alpha: number): Float64Array {
    const inverse = choleskyInverse(factor, this.#size);
    return this.#dual(factor).map((one, i) => {
      const counted = this.#rows.weight?.[i] ?? 1;
      const left = alpha * inverse[i * this.#size + i]! - counted / this.#total;
      return counted > 0 ? alpha * one / Math.sqrt(counted) / left : 0;
    });
  }

  /** Cholesky factor of the penalised products. */
  #factor(alpha: number): Float64Array {
    const size = this.#size, factor = this.#gram.slice();
    for (let i = 0; i < size; i++) factor[i * size + i]! += alpha;
    cholesky(factor, size);
    return factor;
  }
}

/** Xᵀ v: a number a column. */
function moments(x: Matrix<Float64Array>, v: Float64Array): Float64Array {
  const sums = new Float64Array(x.columns);
  for (let i = 0; i < x.rows; i++) rowOf(x, i).forEach((value, j) => sums[j]! += value * v[i]!);
  return sums;
}

/** X Xᵀ, its lower triangle, [rows, rows]; a row beside four others, so that it is read less often. */
function rowGram(x: Matrix<Float64Array>): Float64Array {
  const { rows, columns } = x, gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const row = rowOf(x, i), into = gram.subarray(i * rows, i * rows + i + 1);
    let j = 0;
    for (; j + 3 <= i; j += 4) {
      const r0 = rowOf(x, j), r1 = rowOf(x, j + 1), r2 = rowOf(x, j + 2), r3 = rowOf(x, j + 3);
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let k = 0; k < columns; k++) {
        const value = row[k]!;
        s0 += value * r0[k]!;
        s1 += value * r1[k]!;
        s2 += value * r2[k]!;
        s3 += value * r3[k]!;
      }
      into.set([s0, s1, s2, s3], j);
    }
    for (; j <= i; j++) into[j] = dot(row, rowOf(x, j));
  }
  return gram;
}

/** Rows whose products are summed up before the sums are added to the others. */
export const rowsAtOnce = 128;

/** Xᵀ X, its lower triangle, [columns, columns]. */
export function columnGram(x: Matrix<Float64Array>): Float64Array<ArrayBuffer> {
  const { rows, columns } = x;
  const gram = new Float64Array(columns * columns);
  for (let from = 0; from < rows; from += rowsAtOnce) addColumnGram(gram, x, from);
  return gram;
}

/** Adds the same of the `rowsAtOnce` rows from one on. */
export function addColumnGram(gram: Float64Array, { data, rows, columns }: Matrix<Float64Array>, from: number): void {
  const depth = Math.min(rowsAtOnce, rows - from), transposed = panelsOf(columns, depth);
  for (let j = 0; j < columns; j++) setInPanels(transposed, j, data, from * columns + j, columns);
  addPanelProducts(gram, columns, 0, transposed, 1);
}
