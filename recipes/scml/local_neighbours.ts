import type { ModuleOptions } from "../../engine/nn/module.ts";
import { multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { linear } from "../../engine/ops/linear.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { slice } from "../../engine/ops/slice.ts";
import { square } from "../../engine/ops/unary.ts";
import { Buffer } from "../../engine/tensors/buffer.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { LocalScml } from "./local_scml.ts";
import { type NearestRowsSizes, ScoredRows } from "./neighbours.ts";

/** Sizes of `LocalNearestRows`. */
export interface LocalNearestRowsSizes extends NearestRowsSizes {
  /** Numbers of z. */
  readonly projection: number;
}

/**
 * The mean score of a row's nearest neighbours under the row's own metric, d(x, y) = Σ_i w_i(x) (b_i . (x - y))². The
 * directions b_i are given; their weights are learnt by a hinge over triplets.
 *
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.3
 */
export class LocalNearestRows extends ScoredRows {
  /** What the weights of the directions follow from. */
  readonly metric: LocalScml;
  /** Directions as columns, [inputs, bases]. */
  readonly basis: Buffer;

  /** Draws the first weights; directions and rows are set later. */
  constructor(options: ModuleOptions, sizes: LocalNearestRowsSizes) {
    super(options.engine, sizes);
    const { inputs, bases, projection } = sizes;
    this.metric = new LocalScml(options, { bases, projection });
    this.basis = new Buffer(options.engine, [inputs, bases], new Float32Array(inputs * bases), "basis");
  }

  /** Coordinates along the directions, x B, [batch, inputs] → [batch, bases]. */
  transform(x: Tensor): Tensor {
    return matmul({ a: x, b: this.basis });
  }

  /** Coordinates under each row's own metric, √w_i (b_i . x) up to the sign, [batch, bases]. */
  embed(x: Tensor, z: Tensor): Tensor {
    return multiply({ a: this.metric.weightRoots(z), b: this.transform(x) });
  }

  /** Weights of the directions where z lies, [batch, projection] → [batch, bases]. */
  weights(z: Tensor): Tensor {
    return square({ x: this.metric.weightRoots(z) });
  }

  /** `x` [batch, inputs] and `z` [batch, projection] → scores, [batch]. */
  forward(x: Tensor, z: Tensor): Tensor {
    const weight = this.weights(z);
    const along = multiply({ a: weight, b: this.transform(x) });
    // Σ w (s - t)² less Σ w s², which is the same for all rows t, and with its sign turned.
    const product = linear({ x: multiply({ a: along, b: x.engine.full([1], 2) }), weight: this.rows });
    return this.meanOfNearest(
      subtract({ a: product, b: linear({ x: weight, weight: square({ x: this.rows }) }) }),
    );
  }

  /**
   * Hinge loss and mixed norm of triplets.
   *
   * @param x anchors, then their near rows, then their far rows, as many each, [3 triplets, inputs]
   * @param z of the same rows, [3 triplets, projection]
   * @param weight of the same rows; those of the anchors count, [3 triplets]
   * @param beta factor on the mixed norm
   */
  loss(x: Tensor, z: Tensor, weight: Tensor, beta: number): Tensor {
    const count = Math.floor(x.shape[0]! / 3);
    const part = (of: Tensor, number: number) =>
      slice({ x: of }, { axis: 0, start: number * count, end: (number + 1) * count });
    return this.metric.tripletLoss({
      anchor: part(x, 0),
      positive: part(x, 1),
      negative: part(x, 2),
      z: part(z, 0),
      weight: part(weight, 0),
      basis: this.basis,
    }, beta);
  }
}
