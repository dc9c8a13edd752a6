import { Dropout } from "../../engine/nn/dropout.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { selfAttention } from "../../engine/ops/attention.ts";
import type { LinearOptions } from "../../engine/ops/linear.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { biasedSelfAttention } from "./biased_attention.ts";
import type { EncoderConfig } from "./config.ts";
import { fusedLinear } from "./fused_linear.ts";
import type { EncoderBlock } from "./token_encoder.ts";

/** What tokens look at, besides what they are. */
export interface AttentionMask {
  /** [batch, tokens] (u32); 1 where a token is padding. */
  readonly keyPaddingMask: Tensor;
  /** Added to the scores, [heads, tokens, tokens]. */
  readonly bias?: Tensor | undefined;
}

/** Values come from a file. */
const loaded = { draw: false } as const;

/** The end of a part: a projection, a way around the part, and a norm. */
export class EncoderOutput extends Module {
  /** From `inner` dimensions of a token to its width. */
  readonly dense: Linear;
  /** Of the sum with what came around. */
  readonly LayerNorm: LayerNorm;
  /** Of what `dense` gives. */
  readonly dropout: Dropout;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, { width, eps, dropout }: EncoderConfig, inner: number) {
    super();
    this.dense = new Linear(options, inner, width, loaded);
    this.LayerNorm = new LayerNorm(options, width, eps);
    this.dropout = new Dropout(dropout);
  }

  /** `x` [..., inner], `around` [..., width] → [..., width]. */
  forward(x: Tensor, around: Tensor): Tensor {
    return this.LayerNorm.forward(add({ a: this.dropout.forward(this.dense.forward(x)), b: around }));
  }
}

/** Attention among the tokens of a sequence, without its last projection. */
export class EncoderSelfAttention extends Module {
  /** What a token looks for. */
  readonly query: Linear;
  /** What it is found by. */
  readonly key: Linear;
  /** What it gives. */
  readonly value: Linear;
  readonly #heads: number;
  readonly #dropout: number;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, { width, heads, attentionDropout }: EncoderConfig) {
    super();
    this.query = new Linear(options, width, width, loaded);
    this.key = new Linear(options, width, width, loaded);
    this.value = new Linear(options, width, width, loaded);
    this.#heads = heads;
    this.#dropout = attentionDropout;
  }

  /** `x` [batch, tokens, width] → the shape of x. */
  forward(x: Tensor, { keyPaddingMask, bias: added }: AttentionMask): Tensor {
    const qkv = fusedLinear(x, [this.query, this.key, this.value]);
    const settings = { heads: this.#heads, dropout: this.training ? this.#dropout : 0 };
    if (added) return biasedSelfAttention({ qkv, bias: added, keyPaddingMask }, settings);
    return selfAttention({ qkv, keyPaddingMask }, settings);
  }
}

/** Attention among the tokens of a sequence, with a way around it. */
export class EncoderAttention extends Module {
  /** The attention itself. */
  readonly self: EncoderSelfAttention;
  /** Mixes the heads. */
  readonly output: EncoderOutput;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig) {
    super();
    this.self = new EncoderSelfAttention(options, config);
    this.output = new EncoderOutput(options, config, config.width);
  }

  /** `x` [batch, tokens, width] → the shape of x. */
  forward(x: Tensor, mask: AttentionMask): Tensor {
    return this.output.forward(this.self.forward(x, mask), x);
  }
}

/** Into a feed-forward part. */
export class EncoderIntermediate extends Module {
  /** From a token's width to `inner`. */
  readonly dense: Linear;
  readonly #activation: LinearOptions;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, { width, inner, activation }: EncoderConfig) {
    super();
    this.dense = new Linear(options, width, inner, loaded);
    this.#activation = activation === "relu" ? { relu: true } : { gelu: activation === "gelu" ? "none" : "tanh" };
  }

  /** `x` [..., width] → [..., inner]. */
  forward(x: Tensor): Tensor {
    return this.dense.forward(x, this.#activation);
  }
}

/** Attention and a feed-forward part, each with a way around it and a layer norm behind it. */
export class EncoderLayer extends Module implements EncoderBlock {
  /** Among the tokens of a sequence. */
  readonly attention: EncoderAttention;
  /** Into the feed-forward part. */
  readonly intermediate: EncoderIntermediate;
  /** Out of it. */
  readonly output: EncoderOutput;

  /** Makes a layer whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig) {
    super();
    this.attention = new EncoderAttention(options, config);
    this.intermediate = new EncoderIntermediate(options, config);
    this.output = new EncoderOutput(options, config, config.inner);
  }

  /** Projections of attention, from the queries to the output. */
  get projections(): readonly Linear[] {
    const { self: { query, key, value }, output } = this.attention;
    return [query, key, value, output.dense];
  }

  /** `x` [batch, tokens, width] → the shape of x. */
  forward(x: Tensor, mask: AttentionMask): Tensor {
    const between = this.attention.forward(x, mask);
    return this.output.forward(this.intermediate.forward(between), between);
  }
}
