import { Dropout } from "../../../engine/nn/dropout.ts";
import { LayerNorm } from "../../../engine/nn/layer_norm.ts";
import { Linear } from "../../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../../engine/nn/module.ts";
import { RmsNorm } from "../../../engine/nn/rms_norm.ts";
import { add } from "../../../engine/ops/arithmetic.ts";
import { selfAttention } from "../../../engine/ops/attention.ts";
import { concat } from "../../../engine/ops/concat.ts";
import { gated } from "../../../engine/ops/gated.ts";
import { layerNorm } from "../../../engine/ops/layer_norm.ts";
import { reshape } from "../../../engine/ops/reshape.ts";
import { rotary } from "../../../engine/ops/rotary.ts";
import { Parameter } from "../../../engine/tensors/parameter.ts";
import type { Tensor } from "../../../engine/tensors/tensor.ts";
import type { AttentionWindow } from "../../../kernels/attention/interface.ts";
import type { GateFunction } from "../../../kernels/gated/gated.ts";
import { fusedLinear } from "../fused_linear.ts";
import type { EncoderBlock } from "../token_encoder.ts";
import type { RotaryConfig } from "./rotary_config.ts";

/** What tokens look at, besides what they are. */
export interface RotaryMask {
  /** [batch, tokens] (u32); 1 where a token is padding. */
  readonly keyPaddingMask: Tensor;
  /** Cosines and sines of the positions, [tokens, 2, pairs]. */
  readonly table: Tensor;
  /** Which keys a query sees by their distance; undefined for all. */
  readonly window: AttentionWindow | undefined;
}

/** A layer that keeps the shape of its input. */
export interface Norm extends Module {
  /** `x` [..., columns] → the same shape. */
  forward(x: Tensor): Tensor;
}

/** Layer normalisation with a scale alone. */
class UnbiasedLayerNorm extends Module implements Norm {
  /** [columns] */
  readonly weight: Parameter;
  readonly #eps: number;

  constructor({ engine }: ModuleOptions, columns: number, eps: number) {
    super();
    this.weight = new Parameter(engine, [columns], new Float32Array(columns).fill(1));
    this.#eps = eps;
  }

  forward(x: Tensor): Tensor {
    return layerNorm({ x, weight: this.weight }, { eps: this.#eps });
  }
}

/** Makes a norm of an architecture's kind. */
export function makeNorm(options: ModuleOptions, { architecture, eps }: RotaryConfig, columns: number): Norm {
  switch (architecture.norm) {
    case "layer":
      return new LayerNorm(options, columns, eps);
    case "layer-unbiased":
      return new UnbiasedLayerNorm(options, columns, eps);
    case "rms":
      return new RmsNorm(options, columns, eps);
    case "rms-shifted":
      return new RmsNorm(options, columns, eps, 1);
  }
}

/** Attention with rotary positions among the tokens of a sequence, in which heads may share keys and values. */
export class RotaryAttention extends Module {
  /** What a token looks for. */
  readonly q_proj: Linear;
  /** What it is found by. */
  readonly k_proj: Linear;
  /** What it gives. */
  readonly v_proj: Linear;
  /** Mixes the heads. */
  readonly o_proj: Linear;
  /** Of each head of the queries, where the architecture has one. */
  readonly q_norm: Norm | null;
  /** Of each head of the keys. */
  readonly k_norm: Norm | null;
  readonly #config: RotaryConfig;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, config: RotaryConfig) {
    super();
    const { width, heads, keyHeads, headSize, attentionBias: bias, architecture: { headNorms } } = config;
    const projection = (from: number, to: number) => new Linear(options, from, to, { bias, draw: false });
    this.q_proj = projection(width, heads * headSize);
    this.k_proj = projection(width, keyHeads * headSize);
    this.v_proj = projection(width, keyHeads * headSize);
    this.o_proj = projection(heads * headSize, width);
    this.q_norm = headNorms ? makeNorm(options, config, headSize) : null;
    this.k_norm = headNorms ? makeNorm(options, config, headSize) : null;
    this.#config = config;
  }

  /** `x` [batch, tokens, width] → the shape of x. */
  forward(x: Tensor, { keyPaddingMask, table, window }: RotaryMask): Tensor {
    const { heads, keyHeads, headSize, scale, dropout } = this.#config, { q_norm, k_norm } = this;
    const qkv = q_norm && k_norm
      ? concat([
        byHeads(this.q_proj.forward(x), headSize, q_norm),
        byHeads(this.k_proj.forward(x), headSize, k_norm),
        this.v_proj.forward(x),
      ], { axis: 2 })
      : fusedLinear(x, [this.q_proj, this.k_proj, this.v_proj]);
    const turned = rotary({ x: qkv, table }, { heads: heads + keyHeads, headSize });
    const settings = { heads, keyHeads, scale, window, dropout: this.training ? dropout.attention : 0 };
    return this.o_proj.forward(selfAttention({ qkv: turned, keyPaddingMask }, settings));
  }
}

/** A norm of each head by itself, [batch, tokens, heads × size]. */
function byHeads(x: Tensor, size: number, norm: Norm): Tensor {
  const { shape } = x, [batch, tokens, columns] = shape as [number, number, number];
  return reshape({ x: norm.forward(reshape({ x }, { shape: [batch, tokens, columns / size, size] })) }, { shape });
}

/** A feed-forward part with a gate. */
export class GatedFeedForward extends Module {
  /** What the gate is made of. */
  readonly gate_proj: Linear;
  /** What it lets through. */
  readonly up_proj: Linear;
  /** Back to a token's width. */
  readonly down_proj: Linear;
  /** Of what came through. */
  readonly dropout: Dropout;
  readonly #activation: GateFunction;

  /** Makes a part whose values are loaded next. */
  constructor(options: ModuleOptions, { width, inner, innerBias: bias, activation, dropout }: RotaryConfig) {
    super();
    this.gate_proj = new Linear(options, width, inner, { bias, draw: false });
    this.up_proj = new Linear(options, width, inner, { bias, draw: false });
    this.down_proj = new Linear(options, inner, width, { bias, draw: false });
    this.dropout = new Dropout(dropout.inner);
    this.#activation = activation;
  }

  /** `x` [..., width] → the shape of x. */
  forward(x: Tensor): Tensor {
    const y = gated({ x: fusedLinear(x, [this.gate_proj, this.up_proj]) }, { activation: this.#activation });
    return this.down_proj.forward(this.dropout.forward(y));
  }
}

/** Attention and a gated feed-forward part, each with a way around it and norms where the architecture has them. */
export class RotaryLayer extends Module implements EncoderBlock {
  /** Before attention. */
  readonly input_layernorm: Norm | null;
  /** Among the tokens of a sequence. */
  readonly self_attn: RotaryAttention;
  /** Behind attention, or behind its sum with what went around it. */
  readonly post_attention_layernorm: Norm | null;
  /** Before the feed-forward part. */
  readonly pre_feedforward_layernorm: Norm | null;
  /** The feed-forward part. */
  readonly mlp: GatedFeedForward;
  /** Behind it, or behind its sum with what went around it. */
  readonly post_feedforward_layernorm: Norm | null;
  /** Of what attention gives. */
  readonly attention_dropout: Dropout;
  /** Of what the feed-forward part gives. */
  readonly output_dropout: Dropout;
  readonly #sum: boolean;

  /** Makes a layer whose values are loaded next. */
  constructor(options: ModuleOptions, config: RotaryConfig, number: number) {
    super();
    const { width, dropout, architecture: { norms, firstNorm } } = config;
    const norm = (present: boolean) => present ? makeNorm(options, config, width) : null;
    const before = norms !== "sum", behind = norms !== "before";
    this.input_layernorm = norm(before && (firstNorm || number > 0));
    this.self_attn = new RotaryAttention(options, config);
    this.post_attention_layernorm = norm(behind);
    this.pre_feedforward_layernorm = norm(before);
    this.mlp = new GatedFeedForward(options, config);
    this.post_feedforward_layernorm = norm(behind);
    this.attention_dropout = new Dropout(dropout.attentionOutput);
    this.output_dropout = new Dropout(dropout.output);
    this.#sum = norms === "sum";
  }

  /** Projections of attention, from the queries to the output. */
  get projections(): readonly Linear[] {
    const { q_proj, k_proj, v_proj, o_proj } = this.self_attn;
    return [q_proj, k_proj, v_proj, o_proj];
  }

  /** `x` [batch, tokens, width] → the shape of x. */
  forward(x: Tensor, mask: RotaryMask): Tensor {
    const attended = this.self_attn.forward(this.input_layernorm?.forward(x) ?? x, mask);
    const between = this.#joined(x, this.attention_dropout.forward(attended), this.post_attention_layernorm);
    const fed = this.mlp.forward(this.pre_feedforward_layernorm?.forward(between) ?? between);
    return this.#joined(between, this.output_dropout.forward(fed), this.post_feedforward_layernorm);
  }

  #joined(around: Tensor, part: Tensor, norm: Norm | null): Tensor {
    if (!norm) return add({ a: around, b: part });
    return this.#sum ? norm.forward(add({ a: around, b: part })) : add({ a: around, b: norm.forward(part) });
  }
}
