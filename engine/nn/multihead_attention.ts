import { UsageError } from "../../kernels/errors.ts";
import { crossAttention, selfAttention } from "../ops/attention.ts";
import { linear } from "../ops/linear.ts";
import { slice } from "../ops/slice.ts";
import { Parameter } from "../tensors/parameter.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { uniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, type ModuleOptions } from "./module.ts";
import { expectSettings } from "../../kernels/settings.ts";
import { probability } from "../ops/dropout.ts";

/** Options of `MultiheadAttention` besides its sizes. */
export interface MultiheadAttentionSettings {
  /** Probability that an element of the softmax is dropped while training; 0 by default. */
  readonly dropout?: number;
  /** False for projections without biases. */
  readonly bias?: boolean;
}

/**
 * Multi-head self- or cross-attention with its projections, in PyTorch's layout (batch first) and initialisation.
 *
 * @see Vaswani et al., "Attention is all you need" (2017), section 3.2.2
 */
export class MultiheadAttention extends Module {
  /** [3 width, width]: rows for the queries, then the keys, then the values. */
  readonly in_proj_weight: Parameter;
  /** [3 width], if the layer has biases. */
  readonly in_proj_bias: Parameter | null;
  /** Mixes the heads. */
  readonly out_proj: Linear;
  /** Probability that an element of the softmax is dropped while training. */
  readonly dropout: number;

  /**
   * Draws the first values.
   *
   * @throws UsageError when the width is no multiple of the heads, or the dropout is not in [0, 1)
   */
  constructor(
    { engine, random }: ModuleOptions,
    /** Width of the tokens. */
    readonly embedDim: number,
    /** Heads that the width is divided into. */
    readonly numHeads: number,
    { dropout = 0, bias = true }: MultiheadAttentionSettings = {},
  ) {
    super();
    expectSettings("MultiheadAttention", { embedDim, numHeads, dropout }, {
      embedDim: { from: 0, whole: true },
      numHeads: { from: 1, whole: true },
      dropout: probability,
    });
    if (embedDim % numHeads !== 0) {
      throw new UsageError(`MultiheadAttention cannot divide a width of ${embedDim} into ${numHeads} heads.`);
    }
    const rows = 3 * embedDim, bound = Math.sqrt(6 / (rows + embedDim));
    this.in_proj_weight = new Parameter(engine, [rows, embedDim], uniform(random, rows * embedDim, bound));
    this.in_proj_bias = bias ? new Parameter(engine, [rows], new Float32Array(rows)) : null;
    this.out_proj = new Linear({ engine, random }, embedDim, embedDim, { bias });
    this.out_proj.bias?.assign(new Float32Array(embedDim));
    this.dropout = dropout;
  }

  /**
   * `x` [batch, tokens, width] → the same shape. Queries come from `x`; keys and values from `memory` [batch, keys, width]
   * or, without it, from `x` too. `keyPaddingMask` [batch, keys] (u32) has 1 where a key is ignored; each sequence has to
   * keep one.
   */
  forward(
    x: Tensor,
    { memory, keyPaddingMask }: { memory?: Tensor; keyPaddingMask?: Tensor | undefined } = {},
  ): Tensor {
    const settings = { heads: this.numHeads, dropout: this.training ? this.dropout : 0 };
    const { in_proj_weight: weight, in_proj_bias: bias, embedDim } = this;
    const heads = memory
      ? crossAttention({ q: project(x, 0, 1), kv: project(memory, 1, 3), keyPaddingMask }, settings)
      : selfAttention({ qkv: linear({ x, weight, bias: bias ?? undefined }), keyPaddingMask }, settings);
    return this.out_proj.forward(heads);

    function project(x: Tensor, from: number, to: number): Tensor {
      const rows = { axis: 0, start: from * embedDim, end: to * embedDim };
      return linear({ x, weight: slice({ x: weight }, rows), bias: bias ? slice({ x: bias }, rows) : undefined });
    }
  }
}
