import { Dropout } from "../../engine/nn/dropout.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { Mlp } from "../../engine/nn/mlp.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { MultiheadAttention } from "../../engine/nn/multihead_attention.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Sizes of an `AttentionLayer`. */
export interface AttentionLayerSizes {
  /** Dimensions of a token. */
  readonly width: number;
  /** Heads of the attention. */
  readonly heads: number;
  /** Width of the feed-forward part; 0 for none. */
  readonly feedForward: number;
  /** Probability that an element of the softmax or an activation is dropped while training. */
  readonly dropout: number;
}

/** What an attention looks at besides its queries. */
export interface AttentionContext {
  /** Tokens that keys and values come from, [batch, keys, width]; those of the queries unless given. */
  readonly memory?: Tensor;
  /** [batch, keys] (u32); 1: the key is ignored. */
  readonly keyPaddingMask?: Tensor | undefined;
}

/**
 * Attention and a feed-forward part, each with a layer norm before it and a way around it: x + attention(norm x), then
 * x + mlp(norm x). The attention has no biases: the norm's does the same, and that of the keys changes nothing.
 *
 * @see Xiong et al., "On layer normalization in the transformer architecture" (2020)
 */
export class AttentionLayer extends Module {
  /** Of the queries. */
  readonly norm: LayerNorm;
  /** Of what the keys and values come from, where that is something else. */
  readonly norm_memory: LayerNorm | null;
  /** Among tokens. */
  readonly attn: MultiheadAttention;
  /** Of the feed-forward part. */
  readonly norm_feed: LayerNorm | null;
  /** The feed-forward part. */
  readonly feed: Mlp | null;
  /** Of what the attention and the feed-forward part give. */
  readonly dropout: Dropout;

  /**
   * Draws the first values.
   *
   * @param cross true where keys and values come from other tokens than the queries
   */
  constructor(options: ModuleOptions, { width, heads, feedForward, dropout }: AttentionLayerSizes, cross = false) {
    super();
    this.norm = new LayerNorm(options, width);
    this.norm_memory = cross ? new LayerNorm(options, width) : null;
    this.attn = new MultiheadAttention(options, width, heads, { dropout, bias: false });
    this.norm_feed = feedForward > 0 ? new LayerNorm(options, width) : null;
    this.feed = feedForward > 0 ? new Mlp(options, [width, feedForward, width], { dropout }) : null;
    this.dropout = new Dropout(dropout);
  }

  /** `x` [batch, tokens, width] → the same shape. */
  forward(x: Tensor, { memory, keyPaddingMask }: AttentionContext = {}): Tensor {
    const others = memory && { memory: this.norm_memory!.forward(memory) };
    const attended = this.attn.forward(this.norm.forward(x), { ...others, keyPaddingMask });
    const between = add({ a: x, b: this.dropout.forward(attended) });
    if (!this.feed) return between;
    return add({ a: between, b: this.dropout.forward(this.feed.forward(this.norm_feed!.forward(between))) });
  }
}
