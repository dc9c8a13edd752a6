/**
 * Sentence encoders on the engine: vectors of texts by the weights of a Hugging Face folder, in Deno, Node and the browser.
 *
 * @example The similarity of two texts, in a page
 * ```ts
 * import { Engine } from "metrograd/engine";
 * import { SentenceEncoder } from "metrograd/encoders";
 *
 * await using engine = await Engine.open();
 * using encoder = await SentenceEncoder.open(engine, new URL("models/all-MiniLM-L6-v2/", import.meta.url));
 * const rows = await encoder.encode(["How do I reset my password?", "I forgot my password."]);
 * const similarity = rows.slice(0, encoder.width).reduce((sum, x, i) => sum + x * rows[encoder.width + i]!, 0);
 * console.log(similarity);
 * ```
 *
 * @module
 */
export { SentenceEncoder, type SentenceEncoderDescription, type SentenceEncoderOptions } from "./sentence_encoder.ts";
export { type SentenceBatch, SentenceDense, SentenceNetwork } from "./sentence_network.ts";
export { type EncoderEmbeddings } from "./embeddings.ts";
export { type RelativePositions } from "./relative_positions.ts";
export {
  type AttentionMask,
  type EncoderAttention,
  type EncoderIntermediate,
  type EncoderLayer,
  type EncoderOutput,
  type EncoderSelfAttention,
} from "./layer.ts";
export { EncoderNetwork, type EncoderStack } from "./network.ts";
export { type EncoderActivation, type EncoderConfig } from "./config.ts";
export { type Architecture, architectures, type SettingNames } from "./architectures.ts";
export { type EncoderSizes } from "./encoder_sizes.ts";
export { type EncoderBlock, TokenEncoder, type TokenNumbers } from "./token_encoder.ts";
export { type RotaryArchitecture, rotaryArchitectures } from "./rotary/rotary_architectures.ts";
export { type RotaryConfig, type RotaryLayerPlan } from "./rotary/rotary_config.ts";
export {
  type GatedFeedForward,
  type Norm,
  type RotaryAttention,
  type RotaryLayer,
  type RotaryMask,
} from "./rotary/rotary_layer.ts";
export { RotaryNetwork } from "./rotary/rotary_network.ts";
export { type RotaryPositions } from "./rotary/rotary_positions.ts";
export {
  type LinearScaling,
  type Llama3Scaling,
  type RotaryScaling,
  type YarnScaling,
} from "./rotary/rotary_scaling.ts";
export { type TokenBatch } from "./token_batch.ts";
export { type DenseActivation, denseActivations, type DenseSettings } from "../model_folder/dense_settings.ts";
export { type Pooling, type PoolingMode, poolingModes } from "../model_folder/pooling.ts";
export { type SentenceHead, type SentenceModule, type Truncation } from "../model_folder/sentence_head.ts";
export { type TransformerSettings } from "../model_folder/transformer_settings.ts";
export { type BertNormalizerSettings, type TokenizerSettings } from "../model_folder/tokenizer_settings.ts";
