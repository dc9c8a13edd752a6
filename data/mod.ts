/** Records, metrics, embeddings and what is made of them before training. */
export type { NoteTaker } from "./note_taker.ts";
export type { DataPaths } from "./files/data_paths.ts";
export { type FieldMap, mappedFields, parseFieldMap } from "./formats/field_map.ts";
export type { Reading } from "./reading.ts";
export {
  combineTextFields,
  type MetricRecord,
  readRecords,
  readRecordSet,
  type ReadRecordsOptions,
  type RecordSet,
} from "./records.ts";
export { writeRecords } from "./write_records.ts";
export { MetricTable } from "./metrics/metric_table.ts";
export type { ScoreRange } from "./scores.ts";
export { readScores, type SubmissionOptions, writeSubmission } from "./submission.ts";
export { type NpyArray, type NpyMatrix, type NpyMatrixOptions, readNpy, readNpyMatrix, writeNpy } from "./files/npy.ts";
export {
  type EncoderNote,
  meanText,
  readTextEmbeddings,
  type TextEmbeddings,
  type TextEmbeddingsOptions,
} from "./embeddings/text_embeddings.ts";
export { type TextField, textFields, type TextLayout, textLayouts, type TextTable } from "./texts/text_layout.ts";
export { holdoutSplit, type Split, type SplitOptions, stratifiedFolds } from "./split.ts";
export {
  classWeights,
  type RangeWeightOptions,
  scoreRangeWeights,
  sqrtInverseWeights,
  type WeightOptions,
} from "./pairs/weights.ts";
export {
  bias,
  bootstrapInterval,
  type BootstrapOptions,
  correlationsByGroup,
  groupBootstrapInterval,
  type GroupCorrelation,
  type GroupFigure,
  mae,
  pairedBootstrapInterval,
  pearson,
  rmse,
  rmseByGroup,
  rmseByScore,
  spearman,
} from "./evaluation.ts";
export {
  type Encoder,
  encoderDevices,
  type EncoderTensor,
  encoderTypes,
  type EncodingOptions,
  type FittedEncoder,
  poolings,
  type PretrainedEncoder,
} from "../encoders/encoder.ts";
export { encodeTexts, type EncodeTextsOptions } from "../encoders/encode_texts.ts";
export type { EncodingCounts, EncodingProgress } from "./observer.ts";
export { type DenseActivation, denseActivations, type DenseSettings } from "../encoders/model_folder/dense_settings.ts";
export { type Pooling, type PoolingMode, poolingModes } from "../encoders/model_folder/pooling.ts";
export type { SentenceHead, SentenceModule } from "../encoders/model_folder/sentence_head.ts";
export type { TransformerSettings } from "../encoders/model_folder/transformer_settings.ts";
export { defaultCachePath, VectorCache } from "../encoders/vector_cache.ts";
export { downloadModel, type DownloadOptions } from "../encoders/transformers/hub.ts";
export { readMetricDefinitions } from "./metrics/metric_definitions.ts";
export { HashEncoder } from "../encoders/hash.ts";
export { dropStopWords, withoutSystemStopWords } from "./texts/stop_words.ts";
export {
  type Coverage,
  type SpreadCalibration,
  spreadCalibration,
  type SpreadFigure,
} from "../scoring/calibration/standard_deviations.ts";
export { type RecordLanguages, recordLanguages } from "./texts/record_languages.ts";
export { type Script, scriptNames, scriptOf, scripts } from "./texts/scripts.ts";
