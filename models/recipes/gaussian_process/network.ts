import { Buffer } from "../../../engine/buffer.ts";
import { Module, type ModuleOptions } from "../../../engine/nn/module.ts";
import { add, divide, multiply, subtract } from "../../../engine/ops/arithmetic.ts";
import { pairwiseEuclideanDistance } from "../../../engine/ops/euclidean.ts";
import { matmul } from "../../../engine/ops/matmul.ts";
import { reshape } from "../../../engine/ops/reshape.ts";
import { slice } from "../../../engine/ops/slice.ts";
import { clamp, exp } from "../../../engine/ops/unary.ts";
import { Parameter } from "../../../engine/parameter.ts";
import type { Tensor } from "../../../engine/tensor.ts";
import type { Batch } from "../../batch.ts";
import { Covariance } from "../../gaussian_process/covariance.ts";

/** Sizes of a `GaussianProcess`. */
export interface GaussianProcessSizes {
  /** Train rows that predictions lean on. */
  readonly rows: number;
  /** Numbers of a metric's embedding. */
  readonly metric: number;
  /** Numbers of one text's embedding. */
  readonly text: number;
  /** Texts of a row. */
  readonly fields: number;
  /** Numbers of a record's text statistics. */
  readonly statistics: number;
}

/** Rows as covariances see them. */
export interface ProcessRows {
  /** One [rows, text] a field. */
  readonly text: readonly Tensor[];
  /** [rows, metric] */
  readonly metric: Tensor;
  /** As `standardized` gives them, [rows, statistics]. */
  readonly statistics: Tensor;
}

/** Squared distances of the text statistics are those of numbers scaled to this standard deviation, together. */
const statisticsSpread = 2;
/** Standard deviations beyond which a statistic counts as no farther. */
const outlier = 4;

/**
 * The covariance of two records' scores, over squared distances (in units of their means) of each text field, then of the metrics, then of the
 * text statistics: what metrics share, what texts share, what texts share under like metrics, and the same of the statistics.
 */
export function scoreCovariance(fields: number): Covariance {
  const texts = Array.from({ length: fields }, (_, field) => field);
  const metric = fields, statistics = fields + 1;
  const apart = texts.map(() => -0.5);
  return new Covariance([
    { distances: [metric], start: [-1, 1] },
    { distances: texts, start: [-1.5, ...apart] },
    { distances: [...texts, metric, statistics], start: [0, ...apart, 0.5, 0.5] },
    { distances: [statistics], start: [-1.5, 1] },
    { distances: [statistics, metric], start: [-1.5, 1, 0.5] },
  ]);
}

/**
 * Gaussian process regression: the expected score of a record is the train mean and a sum over train rows, each by its
 * covariance with the record.
 *
 * @see Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), chapter 2
 */
export class GaussianProcess extends Module {
  /** Mean score of the train rows, [1]. */
  readonly mean: Parameter;
  /** Logarithms of the covariance's parameters; see `Covariance`. */
  readonly scales: Buffer;
  /** (K + noise)⁻¹ (score - mean), [rows, 1]. */
  readonly alpha: Buffer;
  /** Embeddings of the train rows' texts, one [rows, text] a field. */
  readonly text: readonly Buffer[];
  /** Embeddings of the train rows' metrics, [rows, metric]. */
  readonly metric: Buffer;
  /** Text statistics of the train rows as `standardized` gives them, [rows, statistics]. */
  readonly statistics: Buffer;
  /** Means of the statistics over the train rows. */
  readonly center: Buffer;
  /** What their differences from it are divided by. */
  readonly spread: Buffer;
  /** What squared distances of each kind are divided by. */
  readonly units: Buffer;
  /** Of two records' scores. */
  readonly covariance: Covariance;
  readonly #sizes: GaussianProcessSizes;

  constructor({ engine }: ModuleOptions, sizes: GaussianProcessSizes) {
    super();
    this.#sizes = sizes;
    const { rows, metric, text, fields, statistics } = sizes;
    this.covariance = scoreCovariance(fields);
    const zeros = (name: string, ...shape: number[]) =>
      new Buffer(engine, shape, new Float32Array(shape.reduce((size, length) => size * length, 1)), name);
    this.mean = new Parameter(engine, [1], new Float32Array(1), "mean");
    this.scales = new Buffer(
      engine,
      [this.covariance.start.length],
      Float32Array.from(this.covariance.start),
      "covariance scales",
    );
    this.alpha = zeros("alpha", rows, 1);
    this.text = Array.from({ length: fields }, () => zeros("train texts", rows, text));
    this.metric = zeros("train metrics", rows, metric);
    this.statistics = zeros("train statistics", rows, statistics);
    this.center = zeros("statistics' center", statistics);
    this.units = new Buffer(engine, [fields + 2], new Float32Array(fields + 2).fill(1), "units of distances");
    this.spread = new Buffer(engine, [statistics], new Float32Array(statistics).fill(1), "statistics' spread");
  }

  /** Text statistics with their outliers drawn in, scaled so that distances are of the order of 1. */
  standardized(statistics: Tensor): Tensor {
    const scaled = divide({ a: subtract({ a: statistics, b: this.center }), b: this.spread });
    const limit = outlier * statisticsScale(this.#sizes.statistics);
    return clamp({ x: scaled }, { min: -limit, max: limit });
  }

  /** Squared distances to the train rows by kind, each [batch, rows]; the statistics are standardized. */
  distances({ text, metric, statistics }: ProcessRows): Tensor[] {
    let kind = 0;
    const squared = (x: Tensor, y: Tensor) => {
      const unit = slice({ x: this.units }, { start: kind, end: ++kind });
      return divide({ a: pairwiseEuclideanDistance({ x, y }, { squared: true }), b: unit });
    };
    return [
      ...this.text.map((rows, field) => squared(text[field]!, rows)),
      squared(metric, this.metric),
      squared(statistics, this.statistics),
    ];
  }

  /** Expected scores, [batch]. */
  forward(batch: Batch): Tensor {
    const width = this.#sizes.text;
    const distances = this.distances({
      text: this.text.map((_, field) => slice({ x: batch.text }, { start: field * width, end: (field + 1) * width })),
      metric: batch.metric,
      statistics: this.standardized(batch.statistics),
    });
    const scales = exp({ x: this.scales });
    let at = 1;
    const scale = () => slice({ x: scales }, { axis: 0, start: at, end: ++at });
    let covariance: Tensor | null = null;
    const minus = batch.metric.engine.tensor([1], [-1], "minus one");
    for (const term of this.covariance.terms) {
      const variance = scale();
      const parts = term.distances.map((kind) => multiply({ a: distances[kind]!, b: scale() }));
      const exponent = parts.reduce((a, b) => add({ a, b }));
      const value = multiply({ a: exp({ x: multiply({ a: exponent, b: minus }) }), b: variance });
      covariance = covariance ? add({ a: covariance, b: value }) : value;
    }
    const score = add({ a: matmul({ a: covariance!, b: this.alpha }), b: this.mean });
    return reshape({ x: score }, { shape: [score.shape[0]!] });
  }
}

/** Standard deviation that each of some statistics is scaled to. */
export const statisticsScale = (statistics: number) => statisticsSpread / Math.sqrt(statistics);
