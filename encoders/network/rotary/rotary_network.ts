import { Dropout } from "../../../engine/nn/dropout.ts";
import { Embedding } from "../../../engine/nn/embedding.ts";
import type { Module, ModuleOptions } from "../../../engine/nn/module.ts";
import { add, multiply } from "../../../engine/ops/arithmetic.ts";
import type { Tensor, TensorEngine } from "../../../engine/tensors/tensor.ts";
import { firstType } from "../first_type.ts";
import type { TokenBatch } from "../token_batch.ts";
import { TokenEncoder, type TokenNumbers } from "../token_encoder.ts";
import type { RotaryConfig } from "./rotary_config.ts";
import { makeNorm, type Norm, RotaryLayer } from "./rotary_layer.ts";
import { packRotaryTables, unpackRotaryTables } from "./rotary_positions.ts";

/**
 * An encoder with rotary positions and gated feed-forward parts. Parameters are named as in a file of Gemma 3;
 * `rotaryPlaces` gives the names of other architectures.
 */
export class RotaryNetwork extends TokenEncoder {
  /** Tokens, [vocabulary, width]. */
  readonly embed_tokens: Embedding;
  /** Types of tokens, [types, width], where there are; every token is of the first. */
  readonly embed_types: Embedding | null;
  /** Of the embeddings, where the architecture has one. */
  readonly embed_norm: Norm | null;
  /** Of what the embeddings give. */
  readonly embed_dropout: Dropout;
  /** From the first to the last. */
  readonly layers: readonly RotaryLayer[];
  /** Of the last layer's hidden states, where the architecture has one. */
  readonly norm: Norm | null;

  /** Makes a network whose values are loaded next. */
  constructor(
    options: ModuleOptions,
    /** Its sizes. */
    readonly config: RotaryConfig,
  ) {
    super();
    const { vocabulary, width, tokenTypes, layers, dropout, architecture: { embeddingNorm, lastNorm } } = config;
    this.embed_tokens = new Embedding(options, vocabulary, width, { draw: false });
    this.embed_types = tokenTypes > 0 ? new Embedding(options, tokenTypes, width, { draw: false }) : null;
    this.embed_norm = embeddingNorm ? makeNorm(options, config, width) : null;
    this.embed_dropout = new Dropout(dropout.embedding);
    this.layers = Array.from({ length: layers }, (_, number) => new RotaryLayer(options, config, number));
    this.norm = lastNorm ? makeNorm(options, config, width) : null;
  }

  /** Embeddings and their norm. */
  get below(): readonly Module[] {
    return [this.embed_tokens, this.embed_types, this.embed_norm].filter((part) => part !== null);
  }

  /** Hidden states of the last layer, [batch, tokens, width]; those of padding mean nothing. */
  forward(batch: TokenBatch): Tensor {
    const { ids: { engine, shape }, keyPaddingMask, rotary } = batch, { plans } = this.config;
    const tables = unpackRotaryTables(rotary!, shape[1]!, plans.map(({ positions }) => positions));
    const hidden = this.through(
      engine,
      this.layers,
      () => this.#embed(batch),
      (layer, x, i) => layer.forward(x, { keyPaddingMask, table: tables[i]!, window: plans[i]!.window }),
    );
    return this.norm?.forward(hidden) ?? hidden;
  }

  /** Cosines and sines of the positions. */
  protected tables(engine: TensorEngine, tokens: number): Pick<TokenBatch, "rotary"> {
    return { rotary: packRotaryTables(engine, tokens, this.config.plans.map(({ positions }) => positions)) };
  }

  /** What a token of a sequence takes. */
  numbersPerToken(): TokenNumbers {
    const { width, inner, heads, keyHeads, headSize } = this.config;
    const queries = heads * headSize, keys = keyHeads * headSize;
    const layer = 9 * width + 6 * (queries + 2 * keys) + 4 * inner + 3 * heads;
    return { layer, taped: layer, widest: Math.max(width, queries + 2 * keys, 2 * inner) };
  }

  #embed({ ids }: TokenBatch): Tensor {
    const { width, architecture } = this.config;
    let x = this.embed_tokens.forward(ids);
    if (architecture.scaledEmbeddings) x = multiply({ a: x, b: ids.engine.full([], Math.sqrt(width)) });
    if (this.embed_types) x = add({ a: x, b: firstType(this.embed_types) });
    return this.embed_dropout.forward(this.embed_norm?.forward(x) ?? x);
  }
}
