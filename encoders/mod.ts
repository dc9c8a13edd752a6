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
export { defaultCachePath, VectorCache } from "./vector_cache.ts";
export { downloadModel, type DownloadOptions } from "./transformers/hub.ts";
export { HashEncoder } from "./hash.ts";
export { KeptEncoders } from "./kept_encoders.ts";
export * from "./network/mod.ts";
export { embedFile, type EmbedRequest, type EmbedSummary } from "./embed.ts";
export { type EncodingWatch } from "./encode_inputs.ts";
export { type OpenEncoder, openEncoder, registerEncoder } from "./open_encoder.ts";
export { type EncoderQuality, measureEncoder } from "./finetune/quality.ts";
export { type PairKind, pairKinds, type TuningSettings } from "./finetune/settings.ts";
export { type Fit, type PoolOptions, TextPool } from "./finetune/text_pool.ts";
export { SharedEngine } from "./shared_engine.ts";
export { finetuneLosses } from "./finetune/settings.ts";
