import { uniform } from "../../engine/nn/init.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add, multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { l21Norm } from "../../engine/ops/l21_norm.ts";
import { linear } from "../../engine/ops/linear.ts";
import type { TripletIndices } from "../../engine/ops/mining.ts";
import { mean } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { scmlLocalDistance } from "../../engine/ops/scml.ts";
import { relu } from "../../engine/ops/unary.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Sizes of a `LocalScml`. */
export interface LocalScmlSizes {
  /** Directions. */
  readonly bases: number;
  /** Numbers of z. */
  readonly projection: number;
}

/** Triplets as the metric sees them. */
export interface LocalScmlTriplets {
  /** [triplets, inputs] */
  readonly anchor: Tensor;
  /** Rows that should be near, [triplets, inputs]. */
  readonly positive: Tensor;
  /** Rows that should be far, [triplets, inputs]. */
  readonly negative: Tensor;
  /** What the metric of each anchor depends on, [triplets, projection]. */
  readonly z: Tensor;
  /** Directions as columns, [inputs, bases]. */
  readonly basis: Tensor;
  /** How much each triplet counts, [triplets]; all alike unless given. */
  readonly weight?: Tensor;
}

/** Rows as the metric sees them. */
export interface LocalScmlRows {
  /** [rows, inputs] */
  readonly x: Tensor;
  /** What the metric of each row depends on, such as its kernel PCA, [rows, projection]. */
  readonly z: Tensor;
  /** Directions as columns, [inputs, bases]. */
  readonly basis: Tensor;
}

/**
 * Local sparse compositional metric learning: d(x, y) = Σ_i w_i(x) (b_i . (x - y))² with w_i(x) = (a_i . z(x) + c_i)², learnt
 * by a hinge over triplets and the mixed norm of [A, c], which takes whole directions out.
 *
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.3
 */
export class LocalScml extends Module {
  /** A, [bases, projection]. */
  readonly weight: Parameter;
  /** c, [bases]; all 1 at first, near the metric in which every direction counts the same. */
  readonly bias: Parameter;

  /** Draws the first A. */
  constructor({ engine, random }: ModuleOptions, { bases, projection }: LocalScmlSizes) {
    super();
    const values = uniform(random, bases * projection, 0.1 / Math.sqrt(projection));
    this.weight = new Parameter(engine, [bases, projection], values);
    this.bias = new Parameter(engine, [bases], new Float32Array(bases).fill(1));
  }

  /** Multiplies A and c by a factor, and so all distances by its square. */
  async scale(factor: number): Promise<void> {
    for (const parameter of [this.weight, this.bias]) {
      parameter.assign((await parameter.data()).map((value) => factor * value));
    }
  }

  /** Squared distances from rows x to rows y under the metrics of x, [n]. */
  distance(x: Tensor, y: Tensor, z: Tensor, basis: Tensor): Tensor {
    return scmlLocalDistance({ x, y, z, basis, weight: this.weight, bias: this.bias });
  }

  /** √w_i, up to the sign: a_i . z + c_i, [n, bases]. */
  weightRoots(z: Tensor): Tensor {
    return linear({ x: z, weight: this.weight, bias: this.bias });
  }

  /** As `tripletLoss`, for triplets that are named by the numbers of their rows. → [] */
  loss({ x, z, basis }: LocalScmlRows, { anchor, positive, negative }: TripletIndices, beta: number): Tensor {
    const of = (rows: Tensor, index?: Tensor) => index ? embedding({ weight: rows, index }) : rows;
    return this.tripletLoss(
      { anchor: of(x, anchor), positive: of(x, positive), negative: of(x, negative), z: of(z, anchor), basis },
      beta,
    );
  }

  /** Mean over triplets of max(0, 1 + d(anchor, positive) - d(anchor, negative)), + beta times the mixed norm. → [] */
  tripletLoss({ anchor, positive, negative, z, basis, weight }: LocalScmlTriplets, beta: number): Tensor {
    const { engine } = anchor;
    const near = this.distance(anchor, positive, z, basis), far = this.distance(anchor, negative, z, basis);
    const hinge = relu({ x: add({ a: subtract({ a: near, b: far }), b: engine.full([1], 1) }) });
    const error = mean({ x: weight ? multiply({ a: hinge, b: weight }) : hinge }, { axis: 0 });
    return add({ a: error, b: multiply({ a: this.mixedNorm(), b: engine.full([], beta) }) });
  }

  /** Σ_i |(a_i, c_i)|. → [] */
  mixedNorm(): Tensor {
    const bias = reshape({ x: this.bias }, { shape: [this.bias.size, 1] });
    return l21Norm({ x: concat([this.weight, bias]) });
  }
}
