import { Buffer } from "../../engine/tensors/buffer.ts";
import { Module } from "../../engine/nn/module.ts";
import { add, multiply } from "../../engine/ops/arithmetic.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { pairwiseEuclideanDistance } from "../../engine/ops/euclidean.ts";
import { topk } from "../../engine/ops/gather.ts";
import { linear } from "../../engine/ops/linear.ts";
import { mean } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { MahalanobisMetric } from "../classical/mahalanobis.ts";
import type { Matrix } from "../classical/matrix.ts";

/** Sizes of `NearestRows` and `LocalNearestRows`. */
export interface NearestRowsSizes {
  /** Numbers of x. */
  readonly inputs: number;
  /** Most directions of the metric. */
  readonly bases: number;
  /** Most rows that neighbours are looked for among. */
  readonly rows: number;
  /** Neighbours whose scores are averaged. */
  readonly neighbors: number;
}

/** Where no row is: so far that it is no one's neighbour, near enough for its square. */
const nowhere = 1e15;

/** Rows with known scores, among which the nearest neighbours of others are looked for. */
export abstract class ScoredRows extends Module {
  /** Mean score of the rows, [1]. */
  readonly mean: Buffer;
  /** Coordinates of the rows, [rows, bases]. */
  readonly rows: Buffer;
  /** Their scores less the mean, [rows, 1]. */
  readonly residual: Buffer;
  readonly #neighbors: number;

  constructor(engine: TensorEngine, { bases, rows, neighbors }: NearestRowsSizes) {
    super();
    this.mean = new Buffer(engine, [1], new Float32Array(1), "mean");
    this.rows = new Buffer(engine, [rows, bases], new Float32Array(rows * bases).fill(nowhere), "rows");
    this.residual = new Buffer(engine, [rows, 1], new Float32Array(rows), "residuals");
    this.#neighbors = Math.min(neighbors, rows);
  }

  /** Coordinates that rows are kept by, [batch, inputs] → [batch, bases]. */
  abstract transform(x: Tensor): Tensor;

  /** Takes the rows to look among, at most as many as there is room for. @param projected coordinates of each, [rows, bases] */
  setRows(projected: Matrix, score: Float32Array): void {
    const { engine } = this.rows;
    const average = score.reduce((sum, one) => sum + one, 0) / score.length;
    const rows = new Float32Array(this.rows.size).fill(nowhere), residual = new Float32Array(this.residual.size);
    rows.set(projected.data);
    residual.set(score.map((one) => one - average));
    engine.write(this.mean, Float32Array.of(average));
    engine.write(this.rows, rows);
    engine.write(this.residual, residual);
  }

  /** Mean score of the nearest of the rows, [batch]. @param nearness of each row, greater where it is nearer, [batch, rows] */
  protected meanOfNearest(nearness: Tensor): Tensor {
    const { indices: index } = topk({ x: nearness }, { k: this.#neighbors });
    const residuals = reshape({ x: embedding({ weight: this.residual, index }) }, { shape: index.shape });
    return add({ a: mean({ x: residuals }, { axis: 1 }), b: this.mean });
  }
}

/** The mean score of a row's nearest neighbours under a Mahalanobis metric |L (x - y)|. */
export class NearestRows extends ScoredRows {
  /** L, [bases, inputs]; rows of zeros where the metric has fewer. */
  readonly metric: Buffer;

  constructor(engine: TensorEngine, sizes: NearestRowsSizes) {
    super(engine, sizes);
    const { bases, inputs } = sizes;
    this.metric = new Buffer(engine, [bases, inputs], new Float32Array(bases * inputs), "metric");
  }

  /** Takes a metric of at most as many directions as there is room for. */
  setMetric({ components }: MahalanobisMetric): void {
    const factor = new Float32Array(this.metric.size);
    factor.set(components.data);
    this.metric.engine.write(this.metric, factor);
  }

  /** L x, [batch, inputs] → [batch, bases] */
  transform(x: Tensor): Tensor {
    return linear({ x, weight: this.metric });
  }

  /** `x` [batch, inputs] → scores, [batch]. */
  forward(x: Tensor): Tensor {
    const distance = pairwiseEuclideanDistance({ x: this.transform(x), y: this.rows }, { squared: true });
    return this.meanOfNearest(multiply({ a: distance, b: x.engine.full([1], -1) }));
  }
}
