import { cholesky, choleskySolveRows } from "../../recipes/classical/cholesky.ts";
import { dot, doubles, type Matrix, rowOf, timesVector } from "../../recipes/classical/matrix.ts";
import type { TextVectors } from "./text_vectors.ts";

/** Part of the variance of class means that metrics share, the more the closer their embeddings are. */
const shared = 0.9;

/**
 * Which metric of training a text was written for, by linear discriminant analysis of its embedding: the texts of each metric
 * lie around their own mean with a covariance that all metrics have in common. The means are a Gaussian process over the
 * metrics' embeddings, so that few texts a metric are enough.
 *
 * log p(x | m) = wₘ · x - oₘ + what no metric changes;  wₘ = S⁻¹ μₘ,  μ = K (K + diag(1 / n))⁻¹ x̄
 *
 * @see Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning" (2009), section 4.3; Rasmussen and Williams,
 * "Gaussian Processes for Machine Learning" (2006), chapter 2
 */
export class ClassMeans {
  /** The weights in float64, once they are needed. */
  #rows?: Matrix<Float64Array>;

  /** Takes the numbers of a fitted model. */
  constructor(
    /** wₘ, [metrics, dimension] */
    readonly weights: Float32Array<ArrayBuffer>,
    /** oₘ, [metrics] */
    readonly offsets: Float32Array<ArrayBuffer>,
    /** p(m): share of each metric among the train rows, [metrics]. */
    readonly shares: Float32Array<ArrayBuffer>,
  ) {}

  /**
   * Fits the means.
   *
   * @param metric of each row of `vectors`
   * @param directions of all metrics, [metrics, dimension]
   * @param without rows that are left out; the covariance is that of all rows
   * @param factor of that covariance, where it is known; see `covarianceWithin`
   */
  static fit(
    vectors: TextVectors,
    metric: ArrayLike<number>,
    directions: Float64Array,
    metrics: number,
    without: readonly number[] = [],
    factor: Float64Array = covarianceWithin(vectors, metric, metrics),
  ): ClassMeans {
    const { columns, rows } = vectors.x, { center } = vectors;
    const left = new Set(without);
    const count = new Float64Array(metrics), means = vectors.sums(metric, metrics, left);
    for (let i = 0; i < rows; i++) if (!left.has(i)) count[metric[i]!]!++;
    const seen = [...count.keys()].filter((m) => count[m]! > 0);
    const solved = seen.map((m) => {
      const mean = rowOf(means, m).map((sum) => sum / count[m]!);
      return { mean, weight: mean.slice() };
    });
    choleskySolveRows(factor, columns, solved.map(({ weight }) => weight));
    // What the means vary by, in units of the covariance within a metric, beyond what chance explains.
    const excess = solved.map(({ mean, weight }, i) => count[seen[i]!]! * dot(mean, weight) / columns - 1);
    const variance = Math.max(excess.reduce((sum, one) => sum + one, 0) / (rows - left.size), 1e-3);
    const shrinkage = smoothing(
      seen.map((m) => directionOf(directions, metrics, m)),
      variance,
      seen.map((m) => count[m]!),
    );

    const weights = new Float32Array(metrics * columns), offsets = new Float32Array(metrics);
    seen.forEach((m, i) => {
      const mean = new Float64Array(columns), weight = new Float64Array(columns);
      shrinkage[i]!.forEach((part, k) => {
        const other = solved[k]!;
        for (let j = 0; j < columns; j++) {
          mean[j]! += part * other.mean[j]!;
          weight[j]! += part * other.weight[j]!;
        }
      });
      weights.set(weight, m * columns);
      offsets[m] = dot(center, weight) + dot(mean, weight) / 2;
    });
    return new ClassMeans(weights, offsets, Float32Array.from(count, (one) => one / (rows - left.size)));
  }

  /** log p(x | m) - log p(x) for every metric of training, [metrics]. @param x embedding of a text */
  evidence(x: Float64Array): Float64Array<ArrayBuffer> {
    const { offsets, shares } = this, log = new Float64Array(shares.length).fill(-Infinity);
    const products = timesVector(this.#rows ??= doubles(this.weights, shares.length), x);
    let most = -Infinity;
    for (let m = 0; m < log.length; m++) {
      if (shares[m] === 0) continue;
      log[m] = products[m]! - offsets[m]!;
      most = Math.max(most, log[m]!);
    }
    const any = most + Math.log(log.reduce((sum, value, m) => sum + shares[m]! * Math.exp(value - most), 0));
    return log.map((value) => value - any);
  }
}

const directionOf = (directions: Float64Array, metrics: number, metric: number) => {
  const dimension = directions.length / metrics;
  return directions.subarray(metric * dimension, (metric + 1) * dimension);
};

/** K (K + diag(1 / n))⁻¹: how much the mean of each metric's texts counts in the estimate of each, [metrics][metrics]. */
function smoothing(directions: readonly Float64Array[], variance: number, texts: readonly number[]): Float64Array[] {
  const metrics = directions.length, factor = new Float64Array(metrics ** 2);
  const covariances = directions.map((a, i) =>
    Float64Array.from(directions, (b, k) => variance * (shared * Math.exp(dot(a, b) - 1) + (i === k ? 1 - shared : 0)))
  );
  covariances.forEach((row, i) => {
    for (let k = 0; k <= i; k++) factor[i * metrics + k] = row[k]! + (i === k ? 1 / texts[i]! : 0);
  });
  cholesky(factor, metrics);
  choleskySolveRows(factor, metrics, covariances);
  return covariances;
}

/** Least variance within a metric, as a share of that of all texts. */
const leastShare = 1e-4;

/**
 * Lower triangular factor of the covariance of texts around the mean of their metric, shrunk towards a multiple of the unit
 * matrix.
 *
 * @see Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004)
 */
export function covarianceWithin(
  vectors: TextVectors,
  metric: ArrayLike<number>,
  metrics: number,
): Float64Array<ArrayBuffer> {
  const { x, gram } = vectors, { rows, columns } = x;
  const count = new Float64Array(metrics), sums: Matrix<Float64Array> = vectors.sums(metric, metrics);
  for (let i = 0; i < rows; i++) count[metric[i]!]!++;
  const covariance = Float64Array.from(gram);
  for (let m = 0; m < metrics; m++) {
    if (count[m] === 0) continue;
    const sum = rowOf(sums, m);
    for (let i = 0; i < columns; i++) {
      const factor = sum[i]! / count[m]!;
      for (let j = 0, at = i * columns; j <= i; j++) covariance[at + j]! -= factor * sum[j]!;
    }
  }
  let fourth = 0;
  for (let i = 0; i < rows; i++) {
    const row = rowOf(x, i), sum = rowOf(sums, metric[i]!), texts = count[metric[i]!]!;
    let square = 0;
    for (let j = 0; j < columns; j++) square += (row[j]! - sum[j]! / texts) ** 2;
    fourth += square ** 2;
  }
  let trace = 0, squares = 0;
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance[i * columns + j]! /= rows;
      squares += value ** 2 * (i === j ? 1 : 2);
    }
    trace += covariance[i * columns + i]!;
  }
  const variance = trace / columns, total = vectors.variance / columns, distance = squares - columns * variance ** 2;
  const error = (fourth / rows - squares) / rows, scale = rows / Math.max(rows - count.filter((n) => n > 0).length, 1);
  const shrinkage = Math.min(Math.max(distance > 0 ? error / distance : 1, 1e-3), 1);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) covariance[i * columns + j]! *= (1 - shrinkage) * scale;
    // Metrics of one text each vary by nothing but rounding.
    covariance[i * columns + i]! += Math.max(shrinkage * variance, leastShare * total || 1e-12) * scale;
  }
  cholesky(covariance, columns);
  return covariance;
}
