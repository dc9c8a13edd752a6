/** Texts to vectors: encoders, their cache and the tuning of their weights. */
export {
  type Encoder,
  encoderDevices,
  type EncoderTensor,
  encoderTypes,
  type EncodingOptions,
  type FittedEncoder,
  poolings,
  type PretrainedEncoder,
} from "./encoder.ts";
export { encodeTexts, type EncodeTextsOptions } from "./encode_texts.ts";
export { type DenseActivation, denseActivations, type DenseSettings } from "./model_folder/dense_settings.ts";
export { type Pooling, type PoolingMode, poolingModes } from "./model_folder/pooling.ts";
export { type SentenceHead, type SentenceModule, type Truncation } from "./model_folder/sentence_head.ts";
export { type TransformerSettings } from "./model_folder/transformer_settings.ts";
export { type BertNormalizerSettings, type TokenizerSettings } from "./model_folder/tokenizer_settings.ts";
export { defaultCachePath, VectorCache } from "./vector_cache.ts";
export { downloadModel, type DownloadOptions } from "./transformers/hub.ts";
export { HashEncoder } from "./hash.ts";
export { KeptEncoders } from "./kept_encoders.ts";
export {
  SentenceEncoder,
  type SentenceEncoderDescription,
  type SentenceEncoderOptions,
} from "./network/sentence_encoder.ts";
export { SentenceDense, SentenceNetwork } from "./network/sentence_network.ts";
export { type EncoderEmbeddings } from "./network/embeddings.ts";
export { type RelativePositions } from "./network/relative_positions.ts";
export {
  type AttentionMask,
  type EncoderAttention,
  type EncoderIntermediate,
  type EncoderLayer,
  type EncoderOutput,
  type EncoderSelfAttention,
} from "./network/layer.ts";
export { EncoderNetwork, type EncoderStack } from "./network/network.ts";
export { type EncoderActivation, type EncoderConfig } from "./network/config.ts";
export { type Architecture, architectures, type SettingNames } from "./network/architectures.ts";
export { type EncoderSizes } from "./network/encoder_sizes.ts";
export { type EncoderBlock, TokenEncoder, type TokenNumbers } from "./network/token_encoder.ts";
export { type RotaryArchitecture, rotaryArchitectures } from "./network/rotary/rotary_architectures.ts";
export { type RotaryConfig, type RotaryLayerPlan } from "./network/rotary/rotary_config.ts";
export {
  type GatedFeedForward,
  type Norm,
  type RotaryAttention,
  type RotaryLayer,
  type RotaryMask,
} from "./network/rotary/rotary_layer.ts";
export { RotaryNetwork } from "./network/rotary/rotary_network.ts";
export { type RotaryPositions } from "./network/rotary/rotary_positions.ts";
export {
  type LinearScaling,
  type Llama3Scaling,
  type RotaryScaling,
  type YarnScaling,
} from "./network/rotary/rotary_scaling.ts";
export { type TokenBatch } from "./network/token_batch.ts";
export { embedFile, type EmbedRequest, type EmbedSummary } from "./embed.ts";
export { type EncodingWatch } from "./encode_inputs.ts";
export { type OpenEncoder, openEncoder, registerEncoder } from "./open_encoder.ts";
export { type EncoderQuality, measureEncoder } from "./finetune/quality.ts";
export { type PairKind, pairKinds, type TuningSettings } from "./finetune/settings.ts";
export { type Fit, type PoolOptions, TextPool } from "./finetune/text_pool.ts";
export { SharedEngine } from "./shared_engine.ts";
export { finetuneLosses } from "./finetune/settings.ts";
