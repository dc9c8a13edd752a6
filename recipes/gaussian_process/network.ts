import { styleStatisticNames } from "../../data/texts/text_statistics.ts";
import { Buffer } from "../../engine/tensors/buffer.ts";
import type { Engine } from "../../engine/engine.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add, divide, multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { pairwiseEuclideanDistance } from "../../engine/ops/euclidean.ts";
import { concat } from "../../engine/ops/concat.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { sum } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import { clamp, exp } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import type { Covariance } from "../classical/gaussian_process/covariance.ts";
import { Projection } from "../classical/gaussian_process/projection.ts";
import { lexicalNumbers } from "../features/lexical.ts";
import { statisticsColumns } from "../features/record_statistics.ts";
import { type DistanceKinds, distanceKinds, scoreCovariance } from "../classical/gaussian_process/score_covariance.ts";

/** Sizes of a `GaussianProcess`. */
export interface GaussianProcessSizes {
  /** Train rows that predictions lean on. */
  readonly rows: number;
  /** Rows among them, the first ones, that the variance leans on. */
  readonly varianceRows: number;
  /** Principal components of an embedding. */
  readonly components: number;
  /** Dimensions of a metric's embedding. */
  readonly metric: number;
  /** Dimensions of one text's embedding. */
  readonly text: number;
  /** Texts of a row. */
  readonly fields: number;
}

/** Squared distances of standardized statistics are of this order. */
const statisticsScale = 2;
/** Standard deviations beyond which a statistic counts as no farther. */
const outlier = 4;

/**
 * Gaussian process regression: the expected score of a record is the train mean and a sum over train rows, each by its
 * covariance with the record.
 *
 * @see Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), chapter 2
 */
export class GaussianProcess extends Module {
  /** Mean score of the train rows, [1]. */
  readonly mean: Buffer;
  /** Logarithms of the covariance's parameters; see `Covariance`. */
  readonly scales: Buffer;
  /** (K + noise)⁻¹ (score - mean), [rows, 1]. */
  readonly alpha: Buffer;
  /** What texts are projected to, one a field. */
  readonly textProjection: readonly Projection[];
  /** What metrics are projected to. */
  readonly metricProjection: Projection;
  /** The train rows by kind of distance, each [rows, numbers]. */
  readonly trainRows: readonly Buffer[];
  /** Means of the statistics over the train rows. */
  readonly center: Buffer;
  /** What their differences from it are divided by. */
  readonly deviation: Buffer;
  /** What squared distances of each kind are divided by. */
  readonly units: Buffer;
  /** What exponents of the terms take of each squared distance, [terms, kinds]: -λ over its unit. */
  readonly rates: Buffer;
  /** σ² of each term, [1, terms]. */
  readonly variances: Buffer;
  /** Variance of a score of which nothing is known, and that of the noise, [2]. */
  readonly prior: Buffer;
  /** Inverse of the Cholesky factor of the first rows' covariance, [varianceRows, varianceRows]. */
  readonly root: Buffer;
  /** Of two records' scores. */
  readonly covariance: Covariance;
  readonly kinds: DistanceKinds;
  readonly #sizes: GaussianProcessSizes;

  constructor({ engine }: Pick<ModuleOptions, "engine">, sizes: GaussianProcessSizes) {
    super();
    this.#sizes = sizes;
    const { rows, varianceRows, components, metric, text, fields } = sizes;
    this.covariance = scoreCovariance(fields);
    this.kinds = distanceKinds(fields);
    const zeros = (name: string, ...shape: number[]) =>
      new Buffer(engine, shape, new Float32Array(shape.reduce((size, length) => size * length, 1)), name);
    this.mean = new Buffer(engine, [1], new Float32Array(1), "mean");
    this.scales = zeros("covariance scales", this.covariance.start.length);
    this.alpha = zeros("alpha", rows, 1);
    this.textProjection = Array.from({ length: fields }, () => new Projection({ engine }, text, components, false));
    this.metricProjection = new Projection({ engine }, metric, components, true);
    const style = styleStatisticNames.length, all = statisticsColumns.lexical;
    const widths = [
      ...this.textProjection.map(({ width }) => width),
      this.metricProjection.width,
      style,
      all - style,
      lexicalNumbers,
    ];
    this.trainRows = widths.map((width) => zeros("train rows", rows, width));
    this.center = zeros("center of statistics", all);
    this.deviation = new Buffer(engine, [all], new Float32Array(all).fill(1), "deviation of statistics");
    this.units = new Buffer(engine, [widths.length], new Float32Array(widths.length).fill(1), "units of distances");
    const terms = this.covariance.terms.length;
    this.rates = zeros("rates of the covariance's terms", terms, this.kinds.count);
    this.variances = zeros("variances of the covariance's terms", 1, terms);
    this.prior = zeros("prior variance and noise", 2);
    this.root = zeros("inverse factor of the covariance", varianceRows, varianceRows);
  }

  /** Rows as distances see them, one [batch, numbers] a kind. */
  project({ text, metric, statistics }: Pick<Batch, "text" | "metric" | "statistics">): Tensor[] {
    const { text: width } = this.#sizes, style = styleStatisticNames.length, all = statisticsColumns.lexical;
    const measured = slice({ x: statistics }, { start: 0, end: all });
    const scaled = divide({ a: subtract({ a: measured, b: this.center }), b: this.deviation });
    const standardized = clamp({ x: scaled }, { min: -outlier, max: outlier });
    const part = (start: number, end: number) => {
      const scale = standardized.engine.tensor([1], [statisticsScale / Math.sqrt(end - start)], "scale of statistics");
      return multiply({ a: slice({ x: standardized }, { start, end }), b: scale });
    };
    return [
      ...this.textProjection.map((projection, field) =>
        projection.forward(slice({ x: text }, { start: field * width, end: (field + 1) * width }))
      ),
      this.metricProjection.forward(metric),
      part(0, style),
      part(style, all),
      slice({ x: statistics }, { start: all, end: all + lexicalNumbers }),
    ];
  }

  /** Squared distances of projected rows to others, by default to the train rows, by kind, each [batch, others]. */
  distances(rows: readonly Tensor[], others: readonly Tensor[] = this.trainRows): Tensor[] {
    return rows.map((x, kind) => pairwiseEuclideanDistance({ x, y: others[kind]! }, { squared: true }));
  }

  /** Covariances of rows by their squared distances, of the distances' shape. */
  covariances(distances: readonly Tensor[]): Tensor {
    const [{ shape, engine }] = distances as [Tensor, ...Tensor[]], [rows, others] = shape as [number, number];
    // All kinds and all terms of so many rows have to be bound at once.
    const numbers = Math.max(this.kinds.count, this.covariance.terms.length) * others;
    const most = Math.max(1, Math.floor(engine.capabilities.maxBindingSize / 4 / numbers));
    if (rows <= most) return this.#covariances(distances);
    const parts = Array.from({ length: Math.ceil(rows / most) }, (_, i) => {
      const end = Math.min(rows, (i + 1) * most);
      return engine.scope(() =>
        this.#covariances(distances.map((x) => slice({ x }, { axis: 0, start: i * most, end })))
      );
    });
    return concat(parts, { axis: 0 });
  }

  #covariances(distances: readonly Tensor[]): Tensor {
    const [{ shape, size }] = distances as [Tensor, ...Tensor[]];
    const flat = concat(distances.map((x) => reshape({ x }, { shape: [1, size] })), { axis: 0 });
    // All terms' exponents at once: [terms, kinds] x [kinds, pairs].
    const terms = exp({ x: matmul({ a: this.rates, b: flat }) });
    return reshape({ x: matmul({ a: this.variances, b: terms }) }, { shape });
  }

  /** Sets the parameters of the covariance, which `scales` and `units` say in full. */
  setScales(engine: Engine, parameters: Float64Array, units: Float32Array): void {
    const { noise, terms } = this.covariance.values(parameters), kinds = this.kinds.count;
    const rates = new Float32Array(this.rates.size);
    terms.forEach(({ scales }, term) =>
      this.covariance.terms[term]!.distances.forEach((kind, i) =>
        rates[term * kinds + kind] = -scales[i]! / units[kind]!
      )
    );
    engine.write(this.scales, Float32Array.from(parameters));
    engine.write(this.units, units);
    engine.write(this.rates, rates);
    engine.write(this.variances, Float32Array.from(terms, ({ variance }) => variance));
    engine.write(this.prior, Float32Array.of(terms.reduce((sum, { variance }) => sum + variance, 0), noise));
  }

  /** Expected scores and their variances, noise included, each [batch]. */
  forward(batch: Batch): { readonly score: Tensor; readonly variance: Tensor } {
    return this.predict(this.distances(this.project(batch)));
  }

  /** The same from squared distances to the train rows. */
  predict(distances: readonly Tensor[]): { readonly score: Tensor; readonly variance: Tensor } {
    const covariance = this.covariances(distances);
    const score = add({ a: matmul({ a: covariance, b: this.alpha }), b: this.mean });
    const near = slice({ x: covariance }, { start: 0, end: this.root.shape[0]! });
    const known = matmul({ a: near, b: this.root }, { transposeB: true });
    const explained = sum({ x: multiply({ a: known, b: known }) }, { axis: 1 });
    const prior = (start: number) => slice({ x: this.prior }, { start, end: start + 1 });
    const rest = subtract({ a: prior(0), b: explained });
    return {
      score: reshape({ x: score }, { shape: [score.shape[0]!] }),
      variance: add({ a: clamp({ x: rest }, { min: 0, max: Infinity }), b: prior(1) }),
    };
  }
}
