import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { EncoderConfig } from "./config.ts";
import { EncoderEmbeddings } from "./embeddings.ts";
import { EncoderLayer } from "./layer.ts";
import { RelativePositions } from "./relative_positions.ts";
import type { TokenBatch } from "./token_batch.ts";
import { TokenEncoder, type TokenNumbers } from "./token_encoder.ts";

/** Layers, one after the other. */
export class EncoderStack extends Module {
  /** Of the distances between tokens, where the architecture has one. */
  readonly relative_attention_bias: RelativePositions | null;
  /** From the first to the last. */
  readonly layer: readonly EncoderLayer[];

  /** Makes layers whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig) {
    super();
    const { relativePositions, heads } = config;
    this.relative_attention_bias = relativePositions > 0
      ? new RelativePositions(options, relativePositions, heads)
      : null;
    this.layer = Array.from({ length: config.layers }, () => new EncoderLayer(options, config));
  }
}

/**
 * An encoder of the BERT family. Parameters are named as in a Hugging Face file of BERT; `tensorName` gives the names of
 * other architectures.
 *
 * @see Devlin et al., "BERT: pre-training of deep bidirectional transformers for language understanding" (2019)
 */
export class EncoderNetwork extends TokenEncoder {
  /** Tokens → vectors. */
  readonly embeddings: EncoderEmbeddings;
  /** The layers, from the first to the last. */
  readonly encoder: EncoderStack;

  /** Makes a network whose values are loaded next. */
  constructor(
    options: ModuleOptions,
    /** Its sizes. */
    readonly config: EncoderConfig,
  ) {
    super();
    this.embeddings = new EncoderEmbeddings(options, config);
    this.encoder = new EncoderStack(options, config);
  }

  /** Embeddings, and the table of distances. */
  get below(): readonly Module[] {
    const { relative_attention_bias: distances } = this.encoder;
    return distances ? [this.embeddings, distances] : [this.embeddings];
  }

  /** The layers, from the first to the last. */
  get layers(): readonly EncoderLayer[] {
    return this.encoder.layer;
  }

  /** Hidden states of the last layer, [batch, tokens, width]; those of padding mean nothing. */
  forward(batch: TokenBatch): Tensor {
    const { keyPaddingMask, distances, ids: { engine } } = batch;
    const mask = { keyPaddingMask, bias: this.encoder.relative_attention_bias?.bias(distances!) };
    return this.through(
      engine,
      this.layers,
      () => this.embeddings.forward(batch),
      (layer, hidden) => layer.forward(hidden, mask),
    );
  }

  /** Buckets of distances, where attention has a bias for them. */
  protected tables(engine: TensorEngine, tokens: number): Pick<TokenBatch, "distances"> {
    const { relative_attention_bias: table } = this.encoder;
    return table ? { distances: table.buckets(engine, tokens) } : {};
  }

  /** What a token of a sequence of so many takes. Attention with a bias makes tables of scores. */
  numbersPerToken(tokens: number): TokenNumbers {
    const { width, inner, heads, relativePositions } = this.config, scores = relativePositions > 0 ? heads * tokens : 0;
    return {
      layer: 14 * width + 3 * inner + 3 * heads + 6 * scores,
      taped: 16 * width + 3 * inner + 4 * heads + 8 * scores,
      widest: Math.max(3 * width, inner, scores),
    };
  }
}
