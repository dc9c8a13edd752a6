import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { normalize } from "../../engine/ops/cosine.ts";
import { slice } from "../../engine/ops/slice.ts";
import { gelu, relu, sigmoid, silu, softplus, tanh } from "../../engine/ops/unary.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { DenseActivation, DenseSettings } from "../model_folder/dense_settings.ts";
import { denseOf, headWidth, poolingOf, type SentenceHead } from "../model_folder/sentence_head.ts";
import { type EncoderConfig, isRotary } from "./config.ts";
import { EncoderNetwork } from "./network.ts";
import { type RotaryConfig } from "./rotary/rotary_config.ts";
import { RotaryNetwork } from "./rotary/rotary_network.ts";
import type { TokenBatch } from "./token_batch.ts";
import type { TokenEncoder } from "./token_encoder.ts";
import { pool, tokenWeights } from "./token_pooling.ts";

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

/** Sequences of tokens, and how the vectors of their tokens become one. */
export type SentenceBatch = TokenBatch & {
  /** See `tokenWeights`, [modes, batch, tokens]. */
  readonly pooling: Tensor;
};

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

  /**
   * Puts sequences on the GPU, with all else that the network reads from the host. Each has at least one token.
   *
   * @param prompt first tokens of each that belong to the prompt
   */
  batch(engine: TensorEngine, sequences: readonly ArrayLike<number>[], prompt = 0): SentenceBatch {
    const batch = this.encoder.batch(engine, sequences), lengths = sequences.map(({ length }) => length);
    return { ...batch, pooling: tokenWeights(engine, poolingOf(this.#head), lengths, batch.ids.shape[1]!, prompt) };
  }

  /** One row for each sequence, [batch, width]. */
  forward(batch: SentenceBatch): Tensor {
    const layers = this.dense.values();
    return this.#head.modules.reduce((x, module) => {
      switch (module.kind) {
        case "pooling":
          return pool(x, batch.pooling, module);
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
