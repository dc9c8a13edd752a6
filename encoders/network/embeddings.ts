import { Dropout } from "../../engine/nn/dropout.ts";
import { Embedding } from "../../engine/nn/embedding.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { EncoderConfig } from "./config.ts";
import { firstType } from "./first_type.ts";
import type { TokenBatch } from "./token_batch.ts";

/** Tokens, their places and their types → vectors. */
export class EncoderEmbeddings extends Module {
  /** [vocabulary, width] */
  readonly word_embeddings: Embedding;
  /** [positions, width] */
  readonly position_embeddings: Embedding;
  /** [token types, width]; every token is of the first type. */
  readonly token_type_embeddings: Embedding | null;
  /** Of their sum. */
  readonly LayerNorm: LayerNorm;
  /** Of what comes out. */
  readonly dropout: Dropout;

  /** Makes tables whose values are loaded next. */
  constructor(options: ModuleOptions, { vocabulary, positions, tokenTypes, width, eps, dropout }: EncoderConfig) {
    super();
    this.word_embeddings = new Embedding(options, vocabulary, width, { draw: false });
    this.position_embeddings = new Embedding(options, positions, width, { draw: false });
    this.token_type_embeddings = tokenTypes > 0 ? new Embedding(options, tokenTypes, width, { draw: false }) : null;
    this.LayerNorm = new LayerNorm(options, width, eps);
    this.dropout = new Dropout(dropout);
  }

  /** Sums of the rows of each token, [batch, tokens, width]. */
  forward({ ids, positions }: TokenBatch): Tensor {
    let place = this.position_embeddings.forward(positions);
    if (this.token_type_embeddings) place = add({ a: place, b: firstType(this.token_type_embeddings) });
    return this.dropout.forward(this.LayerNorm.forward(add({ a: this.word_embeddings.forward(ids), b: place })));
  }
}
