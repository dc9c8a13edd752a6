import { add } from "../ops/arithmetic.ts";
import { gelu } from "../ops/unary.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Dropout } from "./dropout.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Linear } from "./linear.ts";
import { Module, type ModuleOptions } from "./module.ts";
import { MultiheadAttention } from "./multihead_attention.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Options of `TransformerEncoderLayer` besides its sizes. */
export interface TransformerEncoderLayerSettings {
  /** Width between the two linear layers; 2048 by default. */
  readonly dimFeedforward?: number;
  /** Probability of each dropout, of the softmax too; 0.1 by default. */
  readonly dropout?: number;
  /** What stands between the two linear layers; "relu" by default. "gelu" is the one with the distribution function. */
  readonly activation?: "relu" | "gelu";
  /** True to normalise before each part instead of after it; false by default. */
  readonly normFirst?: boolean;
  /** Added to the variance in the norms; 1e-5 by default. */
  readonly layerNormEps?: number;
}

/**
 * Self-attention and a feed-forward part, each with a residual and a layer norm, in PyTorch's layout (batch first).
 *
 * @see Vaswani et al., "Attention is all you need" (2017); Xiong et al., "On layer normalization in the transformer
 * architecture" (2020) for `normFirst`
 */
export class TransformerEncoderLayer extends Module {
  /** Attention among the tokens. */
  readonly self_attn: MultiheadAttention;
  /** Into the feed-forward part. */
  readonly linear1: Linear;
  /** Out of it. */
  readonly linear2: Linear;
  /** Of the attention. */
  readonly norm1: LayerNorm;
  /** Of the feed-forward part. */
  readonly norm2: LayerNorm;
  /** After each part, and within the feed-forward part. */
  readonly dropout: Dropout;
  /** What stands between the two linear layers. */
  readonly activation: "relu" | "gelu";
  /** True where the norms come before the parts. */
  readonly normFirst: boolean;

  /**
   * Draws the first values.
   *
   * @param dModel width of the tokens
   * @param nhead heads of the attention
   * @throws UsageError when the width is no multiple of the heads, or the dropout is not in [0, 1)
   */
  constructor(
    { engine, random }: ModuleOptions,
    dModel: number,
    nhead: number,
    { dimFeedforward = 2048, dropout = 0.1, activation = "relu", normFirst = false, layerNormEps = 1e-5 }:
      TransformerEncoderLayerSettings = {},
  ) {
    super();
    expectSettings("TransformerEncoderLayer", { activation }, { activation: ["relu", "gelu"] });
    this.self_attn = new MultiheadAttention({ engine, random }, dModel, nhead, { dropout });
    this.linear1 = new Linear({ engine, random }, dModel, dimFeedforward);
    this.linear2 = new Linear({ engine, random }, dimFeedforward, dModel);
    this.norm1 = new LayerNorm({ engine }, dModel, layerNormEps);
    this.norm2 = new LayerNorm({ engine }, dModel, layerNormEps);
    this.dropout = new Dropout(dropout);
    this.activation = activation;
    this.normFirst = normFirst;
  }

  /**
   * `x` [batch, tokens, width] → the same shape. `keyPaddingMask` [batch, tokens] (u32) has 1 where a token is ignored as
   * a key; each sequence has to keep one.
   */
  forward(x: Tensor, { keyPaddingMask }: { keyPaddingMask?: Tensor | undefined } = {}): Tensor {
    const attend = (x: Tensor) => this.dropout.forward(this.self_attn.forward(x, { keyPaddingMask }));
    const between = this.#residual(x, this.norm1, attend);
    return this.#residual(between, this.norm2, (x) => this.#feedForward(x));
  }

  #residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? add({ a: x, b: part(norm.forward(x)) }) : norm.forward(add({ a: x, b: part(x) }));
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.activation === "relu"
      ? this.linear1.forward(x, { relu: true })
      : gelu({ x: this.linear1.forward(x) });
    return this.dropout.forward(this.linear2.forward(this.dropout.forward(hidden)));
  }
}
