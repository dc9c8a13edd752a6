import { cholesky, choleskySolve } from "./cholesky.ts";
import { centered, columnMeans, dot, type Matrix, rowOf } from "./matrix.ts";
import { columnGram, type RegressionRows, Ridge } from "./ridge.ts";

/** What a fit needs of some rows, by weight: all about the same center. */
interface Moments {
  /** Σ w x xᵀ, its lower triangle, [features, features]. */
  readonly gram: Float64Array;
  /** Σ w x y, [features]. */
  readonly product: Float64Array;
  /** Σ w x, [features]. */
  readonly sum: Float64Array;
  /** Σ w y */
  readonly target: number;
  /** Σ w */
  readonly total: number;
}

/**
 * Ridge regressions on most of some rows, as cross-validation fits them: the products of all rows are computed once, and
 * those of the rows that are left out are taken away.
 */
export class HeldOutRidge {
  /** Less their mean. */
  readonly #x: Matrix<Float64Array>;
  readonly #y: Float64Array;
  readonly #weight: Float64Array;
  readonly #meanX: Float64Array;
  readonly #meanY: number;
  #whole: Moments | null = null;

  /** @param rows all rows; those that a fit may leave out among them */
  constructor({ x, y, weight }: RegressionRows) {
    this.#weight = weight ? Float64Array.from(weight) : new Float64Array(x.rows).fill(1);
    this.#meanX = columnMeans(x, this.#weight);
    [this.#meanY] = columnMeans({ data: y, rows: x.rows, columns: 1 }, this.#weight) as unknown as [number];
    this.#x = centered(x, this.#meanX);
    this.#y = Float64Array.from(y, (value) => value - this.#meanY);
  }

  /** Fits with each strength of the penalty. @param fit numbers of the rows to fit to */
  fitEach(fit: Uint32Array, alphas: readonly number[]): Ridge[] {
    const { gram, product, sum, target, total } = this.#of(fit), size = sum.length;
    const meanX = sum.map((one) => one / total), meanY = target / total;
    const side = gram.slice(), right = product.map((one, j) => one - sum[j]! * meanY);
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) side[i * size + j]! -= sum[i]! * meanX[j]!;
    return alphas.map((alpha) => {
      const factor = side.slice(), coef = right.slice();
      for (let i = 0; i < size; i++) factor[i * size + i]! += alpha;
      cholesky(factor, size);
      choleskySolve(factor, size, coef);
      const intercept = this.#meanY + meanY - dot(coef, meanX) - dot(coef, this.#meanX);
      return new Ridge(coef, intercept);
    });
  }

  #of(fit: Uint32Array): Moments {
    const all = this.#x.rows;
    if (2 * fit.length < all) return this.#moments(fit);
    this.#whole ??= this.#moments(Uint32Array.from(this.#weight.keys()));
    if (fit.length === all) return this.#whole;
    const isFitted = new Uint8Array(all);
    for (const row of fit) isFitted[row] = 1;
    const left = this.#moments(Uint32Array.from(isFitted.keys()).filter((row) => !isFitted[row]));
    const less = (a: Float64Array, b: Float64Array) => a.map((one, i) => one - b[i]!);
    const { gram, product, sum, target, total } = this.#whole;
    return {
      gram: less(gram, left.gram),
      product: less(product, left.product),
      sum: less(sum, left.sum),
      target: target - left.target,
      total: total - left.total,
    };
  }

  #moments(rows: Uint32Array): Moments {
    const { columns } = this.#x, scaled = new Float64Array(rows.length * columns);
    const product = new Float64Array(columns), sum = new Float64Array(columns);
    let target = 0, total = 0;
    rows.forEach((row, i) => {
      const values = rowOf(this.#x, row), weight = this.#weight[row]!, root = Math.sqrt(weight);
      const y = weight * this.#y[row]!, at = i * columns;
      for (let j = 0; j < columns; j++) {
        const value = values[j]!;
        scaled[at + j] = root * value;
        sum[j]! += weight * value;
        product[j]! += y * value;
      }
      target += y;
      total += weight;
    });
    return { gram: columnGram({ data: scaled, rows: rows.length, columns }), product, sum, target, total };
  }
}
