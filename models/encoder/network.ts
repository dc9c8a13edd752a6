import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { EncoderConfig } from "./config.ts";
import { EncoderEmbeddings } from "./embeddings.ts";
import { EncoderLayer } from "./layer.ts";
import type { TokenBatch } from "./token_batch.ts";

/** Layers, one after the other. */
export class EncoderStack extends Module {
  /** From the first to the last. */
  readonly layer: readonly EncoderLayer[];

  /** Makes layers whose values are loaded next. */
  constructor(options: ModuleOptions, config: EncoderConfig) {
    super();
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
    // Without a tape only one layer's tensors are kept at a time.
    const freeing = engine.recording ? <T>(body: () => T) => body() : <T>(body: () => T) => engine.scope(body);
    let hidden = freeing(() => this.embeddings.forward(batch));
    for (const layer of this.encoder.layer) {
      const below = hidden;
      hidden = freeing(() => layer.forward(below, batch.keyPaddingMask));
      if (!engine.recording) below.dispose();
    }
    return hidden;
  }
}
