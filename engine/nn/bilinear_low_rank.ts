import { linear } from "../ops/linear.ts";
import { multiply } from "../ops/arithmetic.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { uniformWithDeviation } from "./init.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** A weight without a bias, so that its path ends in `.weight` as a linear layer's would. */
export class Weight extends Module {
  /** [out, in] */
  readonly weight: Parameter;

  /** Draws the first values with a given standard deviation. */
  constructor({ engine, random }: ModuleOptions, out: number, inFeatures: number, deviation: number) {
    super();
    this.weight = new Parameter(
      engine,
      [out, inFeatures],
      uniformWithDeviation(random, out * inFeatures, deviation),
    );
  }

  /** `x` [..., in] → [..., out]. */
  forward(x: Tensor): Tensor {
    return linear({ x, weight: this.weight });
  }
}

/**
 * Bilinear form of rank r: z = P((U x1) ∘ (V x2)), which is `nn.Bilinear` with the weight Σₖ P[o,k] U[k,·] V[k,·]ᵀ.
 *
 * On inputs of unit norm z starts with the variance of `nn.Bilinear`, 1 / (3 in1): P has PyTorch's variance 1 / (3 r),
 * U and V have in1^(-1/2) each. (With a linear layer's usual start z would be some hundred times smaller: a dead term.)
 *
 * @see Kim et al., "Hadamard product for low-rank bilinear pooling" (2017)
 */
export class BilinearLowRank extends Module {
  /** U, [rank, in1]. */
  readonly u: Weight;
  /** V, [rank, in2]. */
  readonly v: Weight;
  /** P, [out, rank]. */
  readonly p: Weight;

  /** Draws all first values. */
  constructor(options: ModuleOptions, in1: number, in2: number, out: number, rank: number) {
    super();
    expectSizes("BilinearLowRank", [in1, in2, out, rank]);
    const deviation = in1 > 0 ? in1 ** -0.25 : 0;
    this.u = new Weight(options, rank, in1, deviation);
    this.v = new Weight(options, rank, in2, deviation);
    this.p = new Weight(options, out, rank, 1 / Math.sqrt(3 * rank));
  }

  /** `x1` [batch, in1], `x2` [batch, in2] → [batch, out]. */
  forward(x1: Tensor, x2: Tensor): Tensor {
    return this.p.forward(multiply({ a: this.u.forward(x1), b: this.v.forward(x2) }));
  }
}
