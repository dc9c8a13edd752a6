import type { TextTable } from "../../data/text_layout.ts";
import { cholesky, choleskySolve } from "../classical/cholesky.ts";
import { dot, rowOf, zeros } from "../classical/matrix.ts";
import type { Embeddings } from "../training_data.ts";
import type { GateRows } from "./gate_rows.ts";
import { metricCosines } from "./metric_likeness.ts";
import { type Scatter, textVector } from "./scatter.ts";

/** Variance of the metrics' places that metrics with like embeddings share, in units of the scatter within a metric. */
const sharedVariance = 0.03;

/** Variance of a metric's place that it shares with no other. */
const ownVariance = 0.003;

/**
 * Which metrics a text could have been written for, by where its embedding lies: linear discriminant analysis. The texts of
 * a metric are scattered around its place as those of any other; metrics with like embeddings have like places (a Gaussian
 * process over the metrics' embeddings), so that a few texts of each are enough.
 *
 * log p(x | m) = wₘ · x - oₘ + what no metric changes;  wₘ = S⁻¹ μₘ,  μ = K (K + diag(1 / n))⁻¹ x̄
 *
 * @see Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning" (2009), section 4.3; Rasmussen and Williams,
 * "Gaussian Processes for Machine Learning" (2006), chapter 2
 */
export class EmbeddingModel {
  /** Takes a fitted model's numbers. */
  constructor(
    /** wₘ, [metrics, dimension] */
    readonly weights: Float32Array<ArrayBuffer>,
    /** oₘ, [metrics] */
    readonly offsets: Float32Array<ArrayBuffer>,
    /** log p(m), [metrics] */
    readonly logShares: Float32Array<ArrayBuffer>,
  ) {}

  /**
   * Learns the metrics' places.
   *
   * @param rows records and their metrics
   * @param scatter of the same rows, or of more
   */
  static fit(texts: TextTable, { text, metric }: GateRows, metrics: Embeddings, scatter: Scatter): EmbeddingModel {
    const count = metrics.data.length / metrics.dimension, { dimension } = texts, { center, factor } = scatter;
    const seen = new Float64Array(count), means = zeros(count, dimension);
    text.forEach((record, i) => {
      seen[metric[i]!]!++;
      const mean = rowOf(means, metric[i]!);
      textVector(texts, record).forEach((value, j) => mean[j]! += value - center[j]!);
    });
    for (let m = 0; m < count; m++) rowOf(means, m).forEach((sum, j, mean) => mean[j] = sum / Math.max(seen[m]!, 1));

    const shares = seen.map((one) => (one + 0.5) / (text.length + 0.5 * count));
    const weights = new Float32Array(count * dimension), offsets = new Float32Array(count);
    placeWeights(metrics, seen).forEach((share, m) => {
      const place = new Float64Array(dimension);
      share.forEach((part, other) => rowOf(means, other).forEach((value, j) => place[j]! += part * value));
      const weight = place.slice();
      choleskySolve(factor, dimension, weight);
      weights.set(weight, m * dimension);
      offsets[m] = dot(center, weight) + dot(place, weight) / 2;
    });
    return new EmbeddingModel(weights, offsets, Float32Array.from(shares, Math.log));
  }

  /** log p(x | m) - log p(x) of a record's texts for every metric, [metrics]. */
  logOdds(texts: TextTable, record: number): Float64Array<ArrayBuffer> {
    const x = textVector(texts, record), { logShares } = this;
    const log = Float64Array.from(this.offsets, (offset, m) => {
      return dot(this.weights.subarray(m * x.length, (m + 1) * x.length), x) - offset;
    });
    const most = log.reduce((highest, value, m) => Math.max(highest, value + logShares[m]!), -Infinity);
    const any = most + Math.log(log.reduce((sum, value, m) => sum + Math.exp(value + logShares[m]! - most), 0));
    return log.map((value) => value - any);
  }
}

/** K (K + diag(1 / n))⁻¹: how much the mean of each metric's texts counts for the place of each metric, [metrics][metrics]. */
function placeWeights(metrics: Embeddings, seen: Float64Array): Float64Array[] {
  const count = seen.length;
  const covariances = metricCosines(metrics).map((row, a) =>
    row.map((cosine, b) => sharedVariance * Math.exp(cosine - 1) + (a === b ? ownVariance : 0))
  );
  // A metric without texts is as one with hardly any.
  const noise = (m: number) => 1 / Math.max(seen[m]!, 1e-6);
  const factor = new Float64Array(count * count);
  covariances.forEach((row, a) => {
    for (let b = 0; b <= a; b++) factor[a * count + b] = row[b]! + (a === b ? noise(a) : 0);
  });
  cholesky(factor, count);
  for (const row of covariances) choleskySolve(factor, count, row);
  return covariances;
}
