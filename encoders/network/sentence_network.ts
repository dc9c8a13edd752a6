import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { normalize } from "../../engine/ops/cosine.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { max } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import { gelu, relu, sigmoid, silu, softplus, tanh } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { DenseActivation, DenseSettings } from "../model_folder/dense_settings.ts";
import { type Pooling, type PoolingMode, poolingWeights } from "../model_folder/pooling.ts";
import { denseOf, headWidth, type SentenceHead } from "../model_folder/sentence_head.ts";
import { type EncoderConfig, isRotary } from "./config.ts";
import { EncoderNetwork } from "./network.ts";
import { type RotaryConfig } from "./rotary/rotary_config.ts";
import { RotaryNetwork } from "./rotary/rotary_network.ts";
import { type TokenBatch } from "./token_batch.ts";
import type { TokenEncoder } from "./token_encoder.ts";

const activations: Readonly<Record<DenseActivation, (x: Tensor) => Tensor>> = {
  Identity: (x) => x,
  Tanh: (x) => tanh({ x }),
  Sigmoid: (x) => sigmoid({ x }),
  ReLU: (x) => relu({ x }),
  GELU: (x) => gelu({ x }, {}),
  SiLU: (x) => silu({ x }),
  Softplus: (x) => softplus({ x }),
};

/** A dense layer of sentence-transformers. */
export class SentenceDense extends Module {
  /** From the numbers that come in to those that come out. */
  readonly linear: Linear;
  /** What comes in at the width of what comes out, where it is added and the two differ. */
  readonly residual: Linear | null;
  readonly #settings: DenseSettings;

  /** Makes a layer whose values are loaded next. */
  constructor(options: ModuleOptions, settings: DenseSettings) {
    super();
    const { inFeatures, outFeatures, bias, residual } = settings;
    this.linear = new Linear(options, inFeatures, outFeatures, { bias, draw: false });
    this.residual = residual && inFeatures !== outFeatures
      ? new Linear(options, inFeatures, outFeatures, { bias: false, draw: false })
      : null;
    this.#settings = settings;
  }

  /** `x` [..., in] → [..., out]. */
  forward(x: Tensor): Tensor {
    const { activation, residual } = this.#settings, y = activations[activation](this.linear.forward(x));
    return residual ? add({ a: y, b: this.residual ? this.residual.forward(x) : x }) : y;
  }
}

/** An encoder, and what makes one vector of a text's tokens. */
export class SentenceNetwork extends Module {
  /** Tokens → hidden states. */
  readonly encoder: TokenEncoder;
  /** The dense layers, in order. */
  readonly dense: readonly SentenceDense[];
  readonly #head: SentenceHead;

  /** Makes a network whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig | RotaryConfig, head: SentenceHead) {
    super();
    this.encoder = isRotary(config) ? new RotaryNetwork(options, config) : new EncoderNetwork(options, config);
    this.dense = denseOf(head).map((one) => new SentenceDense(options, one));
    this.#head = head;
  }

  /** Dimensions of a text's vector. */
  get width(): number {
    return headWidth(this.#head, this.encoder.config.width);
  }

  /** One row a sequence, [batch, width]. */
  forward(batch: TokenBatch): Tensor {
    const layers = this.dense.values();
    return this.#head.modules.reduce((x, module) => {
      switch (module.kind) {
        case "pooling":
          return pool(x, batch, module);
        case "dense":
          return layers.next().value!.forward(x);
        case "truncate":
          return slice({ x }, { axis: -1, start: 0, end: module.dimensions });
        case "normalize":
          return normalize({ x });
      }
    }, this.encoder.forward(batch));
  }
}

/** Far under any hidden state. */
const lowest = -1e30;

/** `hidden` [batch, tokens, width] → [batch, modes × width]. */
function pool(hidden: Tensor, { lengths, prompt }: TokenBatch, { modes, includePrompt }: Pooling): Tensor {
  const skipped = includePrompt ? 0 : prompt;
  const parts = modes.map((mode) => poolBy(mode, hidden, lengths, skipped));
  return parts.length === 1 ? parts[0]! : concat(parts, { axis: 1 });
}

function poolBy(mode: PoolingMode, hidden: Tensor, lengths: readonly number[], skipped: number): Tensor {
  const { engine, shape } = hidden, [count, tokens, width] = shape as [number, number, number];
  if (mode === "max") {
    const penalty = new Float32Array(count * tokens).fill(lowest);
    lengths.forEach((length, i) => penalty.fill(0, i * tokens + skipped, i * tokens + length));
    return max({ x: add({ a: hidden, b: engine.tensor([count, tokens, 1], penalty, "penalty of padding") }) }, {
      axis: 1,
    });
  }
  const weights = new Float32Array(count * tokens);
  lengths.forEach((length, i) => weights.set(poolingWeights(mode, length, skipped), i * tokens));
  const shares = engine.tensor([count, 1, tokens], weights, "weights of tokens");
  return reshape({ x: matmul({ a: shares, b: hidden }) }, { shape: [count, width] });
}
