import type { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { normalize } from "../../engine/ops/cosine.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { max } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import { tanh } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { EncoderConfig } from "./config.ts";
import { EncoderNetwork } from "./network.ts";
import { denseLayer, type Pooling, type SentenceHead } from "./sentence_head.ts";
import { type TokenBatch } from "./token_batch.ts";

/** An encoder, and what makes one vector of a text's tokens. */
export class SentenceNetwork extends Module {
  /** Tokens → hidden states. */
  readonly encoder: EncoderNetwork;
  /** Behind the pooling. */
  readonly dense: readonly Linear[];
  readonly #head: SentenceHead;

  /** Makes a network whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig, head: SentenceHead) {
    super();
    this.encoder = new EncoderNetwork(options, config);
    this.dense = head.dense.map((one) => denseLayer(options, one));
    this.#head = head;
  }

  /** Numbers of a text's vector. */
  get width(): number {
    return this.#head.dense.at(-1)?.outFeatures ?? this.encoder.config.width;
  }

  /** One row a sequence, [batch, width]. */
  forward(batch: TokenBatch): Tensor {
    let x = pool(this.encoder.forward(batch), batch, this.#head.pooling);
    this.dense.forEach((layer, i) => {
      x = layer.forward(x);
      if (this.#head.dense[i]!.tanh) x = tanh({ x });
    });
    return this.#head.normalize ? normalize({ x }) : x;
  }
}

/** Far under any hidden state. */
const lowest = -1e30;

/** `hidden` [batch, tokens, width] → [batch, width]. */
function pool(hidden: Tensor, { share, keyPaddingMask }: TokenBatch, pooling: Pooling): Tensor {
  const [count, , width] = hidden.shape as [number, number, number], shape = [count, width];
  switch (pooling) {
    case "mean":
      return reshape({ x: matmul({ a: share, b: hidden }) }, { shape });
    case "cls":
      return reshape({ x: slice({ x: hidden }, { axis: 1, start: 0, end: 1 }) }, { shape });
    case "max": {
      const penalty = hidden.engine.tensor([2, 1], [0, lowest], "penalty of padding");
      return max({ x: add({ a: hidden, b: embedding({ weight: penalty, index: keyPaddingMask }) }) }, { axis: 1 });
    }
  }
}
