import { rmse } from "../../data/evaluation.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { cholesky, choleskySolve } from "./cholesky.ts";
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
    const tried = alphas.map((alpha) => ({
      ridge: equations.solve(alpha),
      alpha,
      validationRmse: equations.leaveOneOutRmse(alpha),
    }));
    return tried.reduce((best, one) => one.validationRmse < best.validationRmse ? one : best);
  }

  /** Predictions for rows. */
  predict(x: Matrix): Float64Array {
    expectColumns("x", x, this.coef.length);
    return Float64Array.from({ length: x.rows }, (_, i) => this.intercept + dot(rowOf(x, i), this.coef));
  }
}

/** Xᵀ W X and Xᵀ W y of centred rows: what all strengths of the penalty share. */
class NormalEquations {
  readonly #rows: RegressionRows;
  /** Sum of the weights. */
  readonly #total: number;
  readonly #meanX: Float64Array;
  readonly #meanY: number;
  /** Lower triangle, [features, features]. */
  readonly #gram: Float64Array;
  readonly #moment: Float64Array;

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
    const scaled = centered(x, this.#meanX);
    const target = Float64Array.from(y, (value) => value - this.#meanY);
    weight?.forEach((one, i) => {
      const root = Math.sqrt(one);
      target[i]! *= root;
      rowOf(scaled, i).forEach((value, j, row) => row[j] = value * root);
    });
    this.#gram = columnGram(scaled);
    this.#moment = new Float64Array(x.columns);
    for (let i = 0; i < x.rows; i++) rowOf(scaled, i).forEach((value, j) => this.#moment[j]! += value * target[i]!);
  }

  solve(alpha: number): Ridge {
    const size = this.#meanX.length, coef = this.#moment.slice();
    choleskySolve(this.#factor(alpha), size, coef);
    return new Ridge(coef, this.#meanY - dot(coef, this.#meanX));
  }

  /** Weighted RMSE of the rows, each predicted by the others. */
  leaveOneOutRmse(alpha: number): number {
    const { x, y, weight } = this.#rows, size = x.columns;
    const factor = this.#factor(alpha), { coef, intercept } = this.solve(alpha);
    const apart = new Float64Array(size);
    let sum = 0;
    for (let i = 0; i < x.rows; i++) {
      const row = rowOf(x, i), counted = weight?.[i] ?? 1;
      // The leverage is w (1 / Σ w + |L⁻¹ (x - mean)|²).
      let squared = 0;
      for (let j = 0; j < size; j++) {
        apart[j] = (row[j]! - this.#meanX[j]! - dot(factor.subarray(j * size, j * size + j), apart)) /
          factor[j * size + j]!;
        squared += apart[j]! ** 2;
      }
      const error = (y[i]! - intercept - dot(row, coef)) / (1 - counted * (1 / this.#total + squared));
      sum += counted > 0 ? counted * error ** 2 : 0;
    }
    return Math.sqrt(sum / this.#total);
  }

  /** Cholesky factor of the penalised products. */
  #factor(alpha: number): Float64Array {
    const size = this.#meanX.length, factor = this.#gram.slice();
    for (let i = 0; i < size; i++) factor[i * size + i]! += alpha;
    cholesky(factor, size);
    return factor;
  }
}

/** Xᵀ X, its lower triangle, [columns, columns]; four rows at a time, so that sums are read and written less often. */
export function columnGram({ data, rows, columns }: Matrix<Float64Array>): Float64Array {
  const gram = new Float64Array(columns * columns), none = new Float64Array(columns);
  const row = (i: number) => i < rows ? data.subarray(i * columns, (i + 1) * columns) : none;
  for (let from = 0; from < rows; from += 4) {
    const r0 = row(from), r1 = row(from + 1), r2 = row(from + 2), r3 = row(from + 3);
    for (let i = 0; i < columns; i++) {
      const a0 = r0[i]!, a1 = r1[i]!, a2 = r2[i]!, a3 = r3[i]!;
      const into = gram.subarray(i * columns, i * columns + i + 1);
      for (let j = 0; j <= i; j++) into[j]! += a0 * r0[j]! + a1 * r1[j]! + a2 * r2[j]! + a3 * r3[j]!;
    }
  }
  return gram;
}
