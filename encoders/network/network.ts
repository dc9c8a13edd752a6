import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { EncoderConfig } from "./config.ts";
import { EncoderEmbeddings } from "./embeddings.ts";
import { EncoderLayer } from "./layer.ts";
import { RelativePositions } from "./relative_positions.ts";
import type { TokenBatch } from "./token_batch.ts";

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
export class EncoderNetwork extends Module {
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

  /** Hidden states of the last layer, [batch, tokens, width]; those of padding mean nothing. */
  forward(batch: TokenBatch): Tensor {
    const { engine } = batch.ids;
    const onTape = (part: Module) =>
      engine.recording && [...part.namedParameters().values()].some(({ frozen }) => !frozen);
    const { layer: layers, relative_attention_bias: distances } = this.encoder, tokens = batch.ids.shape[1];
    const mask = { keyPaddingMask: batch.keyPaddingMask, bias: distances?.bias(tokens!) };
    // Before the tape begins only one layer's tensors are kept at a time.
    let taped = onTape(this.embeddings) || (distances !== null && onTape(distances));
    const freeing = <T>(body: () => T) => taped ? body() : engine.scope(body);
    let hidden = freeing(() => this.embeddings.forward(batch));
    for (const layer of layers) {
      const below = hidden;
      taped ||= onTape(layer);
      hidden = freeing(() => layer.forward(below, mask));
      if (!taped) below.dispose();
    }
    return hidden;
  }
}
