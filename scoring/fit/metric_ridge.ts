import type { OnDone } from "../../data/observer.ts";
import { cholesky, choleskySolveRows } from "../../recipes/classical/cholesky.ts";
import { dot, doubles, type Matrix, rowOf, timesVector } from "../../recipes/classical/matrix.ts";
import type { Embeddings } from "../../data/pairs/feature_tables.ts";
import type { TextVectors } from "./text_vectors.ts";

/** Penalty of the regression, in units of the mean squared length of a text's centred embedding. */
const penalty = 5;

/** Factor on cosines before their exponentials are compared. */
const sharpness = 10;

/** What `MetricRidge` makes of a text. */
export interface RidgePrediction {
  /** Direction of the metric's embedding that the text suggests, of length 1; zeros where it suggests none. */
  readonly direction: Float64Array;
  /** log of the mean of exp(sharpness · cosine) over the metrics of training. */
  readonly logMean: number;
}

/** Directions of metrics: their embeddings less a center, of length 1. [metrics, dimension] */
export function metricDirections({ data, dimension }: Embeddings, center: ArrayLike<number>): Float64Array {
  const directions = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += dimension) {
    let squares = 0;
    for (let j = 0; j < dimension; j++) squares += (directions[at + j] = data[at + j]! - center[j]!) ** 2;
    if (squares > 0) { for (let j = 0; j < dimension; j++) directions[at + j]! /= Math.sqrt(squares); }
  }
  return directions;
}

/**
 * Ridge regression from a text's embedding to the embedding of the metric it was written for. It judges metrics that
 * training lacked as well: what counts is how close their embedding is to the predicted one.
 *
 * log p(m | x) / p(m) = t cos(ŷ, y_m) - log Σ_k p(k) exp(t cos(ŷ, y_k)),  ŷ = Yᵀ X (XᵀX + λ)⁻¹ x
 */
export class MetricRidge {
  /** Weights and directions in float64, once they are needed. */
  #rows?: { readonly weights: Matrix<Float64Array>; readonly directions: Matrix<Float64Array> };

  /** Takes the numbers of a fitted model. */
  constructor(
    /** Row m is (XᵀX + λ)⁻¹ Σ x over the texts of metric m, [metrics, text dimension]. */
    readonly weights: Float32Array<ArrayBuffer>,
    /** Mean of the texts' embeddings. */
    readonly center: Float32Array<ArrayBuffer>,
    /** Directions of the metrics, [metrics, metric dimension]. */
    readonly directions: Float32Array<ArrayBuffer>,
    /** Share of each metric among the train rows, [metrics]. */
    readonly shares: Float32Array<ArrayBuffer>,
  ) {}

  /**
   * Fits the regression.
   *
   * @param metric of each row of `vectors`
   * @param directions of all metrics, [metrics, dimension]
   * @param without rows that are left out
   * @param onRows awaited whenever products of some of those are done
   */
  static async fit(
    vectors: TextVectors,
    metric: ArrayLike<number>,
    directions: Float64Array,
    metrics: number,
    without: readonly number[] = [],
    onRows?: OnDone,
  ): Promise<MetricRidge> {
    const { x: { columns, rows }, center, variance } = vectors, left = new Set(without);
    const gram = await vectors.gramWithout(without, onRows);
    for (let j = 0; j < columns; j++) gram[j * columns + j]! += penalty * variance || 1;
    cholesky(gram, columns);
    const sums = vectors.sums(metric, metrics, left), shares = new Float32Array(metrics);
    for (let i = 0; i < rows; i++) if (!left.has(i)) shares[metric[i]!]! += 1 / (rows - left.size);
    choleskySolveRows(gram, columns, [...shares.keys()].filter((m) => shares[m]! > 0).map((m) => rowOf(sums, m)));
    return new MetricRidge(
      Float32Array.from(sums.data),
      Float32Array.from(center),
      Float32Array.from(directions),
      shares,
    );
  }

  /** The direction that a text suggests. @param x its embedding */
  predict(x: Float64Array): RidgePrediction {
    const { weights, center, directions, shares } = this, metrics = shares.length;
    const dimension = directions.length / metrics, direction = new Float64Array(dimension);
    const rows = this.#rows ??= { weights: doubles(weights, metrics), directions: doubles(directions, metrics) };
    const products = timesVector(rows.weights, x.map((value, j) => value - center[j]!));
    for (let m = 0; m < metrics; m++) {
      if (shares[m] === 0) continue;
      for (let k = 0, at = m * dimension; k < dimension; k++) direction[k]! += products[m]! * directions[at + k]!;
    }
    const length = Math.sqrt(dot(direction, direction));
    if (!(length > 1e-9)) return { direction: direction.fill(0), logMean: 0 };
    for (let k = 0; k < dimension; k++) direction[k]! /= length;
    const cosines = timesVector(rows.directions, direction);
    let mean = 0;
    for (let m = 0; m < metrics; m++) {
      if (shares[m]! > 0) mean += shares[m]! * Math.exp(sharpness * cosines[m]!);
    }
    return { direction, logMean: Math.log(mean) };
  }
}

/** log p(metric | text) / p(metric). @param metric its direction */
export function ridgeEvidence({ direction, logMean }: RidgePrediction, metric: Float64Array): number {
  return sharpness * dot(direction, metric) - logMean;
}
