import { Buffer } from "../../engine/tensors/buffer.ts";
import { uniform } from "../../engine/nn/init.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Mlp } from "../../engine/nn/mlp.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { l21Norm } from "../../engine/ops/l21_norm.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { scmlFeatures } from "../../engine/ops/scml.ts";
import { softplus } from "../../engine/ops/unary.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Sizes of a `ScmlRegressor`. */
export interface ScmlRegressorSizes {
  /** Numbers of x. */
  readonly inputs: number;
  /** Numbers of z. */
  readonly projection: number;
  /** Whether z is P x with P learnt; else it is given. */
  readonly projects: boolean;
  /** Directions. */
  readonly bases: number;
  /** Whether they are learnt; else they stay as they are set. */
  readonly learnsBasis: boolean;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Probability that a hidden activation is dropped while training. */
  readonly dropout: number;
}

/**
 * System D: z = P x; w = softplus(W z + c); s = x B; the score is an MLP of sqrt(w) s, which are x's coordinates under a
 * metric of its own, composed of the directions in B.
 */
export class ScmlRegressor extends Module {
  /** P, [projection, inputs]; null where z is given. */
  readonly proj: Linear | null;
  /** W and c. */
  readonly w: Linear;
  /** Directions as columns, [inputs, bases]. */
  readonly basis: Parameter | Buffer;
  /** From the coordinates to the score. */
  readonly mlp: Mlp;

  /** Draws all first values; those of a basis that is not learnt, too, until it is set. */
  constructor(options: ModuleOptions, sizes: ScmlRegressorSizes) {
    super();
    const { inputs, projection, projects, bases, learnsBasis, hidden, dropout } = sizes;
    const { engine, random } = options;
    this.proj = projects ? new Linear(options, inputs, projection, { bias: false }) : null;
    this.w = new Linear(options, projection, bases);
    const values = uniform(random, inputs * bases, 1 / Math.sqrt(inputs));
    this.basis = learnsBasis
      ? new Parameter(engine, [inputs, bases], values)
      : new Buffer(engine, [inputs, bases], values, "basis");
    this.mlp = new Mlp(options, [bases, ...hidden, 1], { dropout });
  }

  /** `x` [batch, inputs] and, unless P is learnt, `z` [batch, projection] → scores, [batch]. */
  forward(x: Tensor, z?: Tensor): Tensor {
    return reshape({ x: this.mlp.forward(this.embed(x, z)) }, { shape: [x.shape[0]!] });
  }

  /** sqrt(w) s, [batch, bases]. */
  embed(x: Tensor, z: Tensor = this.proj!.forward(x)): Tensor {
    const { weight, bias } = this.w;
    return scmlFeatures({ x, z, basis: this.basis, weight, bias: bias! });
  }

  /** w, [batch, bases]. */
  weights(x: Tensor, z: Tensor = this.proj!.forward(x)): Tensor {
    return softplus({ x: this.w.forward(z) });
  }

  /** The sum over directions of the norm of what the first layer multiplies their coordinate by: 0 takes one out. → [] */
  mixedNorm(): Tensor {
    return l21Norm({ x: this.mlp[0]!.weight }, { axis: 0 });
  }
}
