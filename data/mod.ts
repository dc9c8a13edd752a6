/** Records, metrics, embeddings and what is made of them before training. */
export { type NoteTaker } from "./note_taker.ts";
export { type DataPaths } from "./files/data_paths.ts";
export { type FieldMap, mappedFields, parseFieldMap } from "./formats/field_map.ts";
export { type Reading } from "./reading.ts";
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
export { type ScoreRange } from "./scores.ts";
export { readScores, type SubmissionOptions, writeSubmission } from "./submission.ts";
export { type NpyArray, type NpyMatrix, type NpyMatrixOptions, readNpy, readNpyMatrix, writeNpy } from "./files/npy.ts";
export { EmbeddingRows } from "./embeddings/embedding_rows.ts";
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
  accuracy,
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
  type EncodingCounts,
  type EncodingProgress,
  type EpochFigures,
  joinObservers,
  type Observer,
  type Observer as Reporter,
  type Observer as TrainReporter,
  type OnDone,
  type RowCounts,
  type RunPlace,
  type ScoreFigure,
  type StepProgress,
  type TrainPlan,
} from "./observer.ts";
export { readMetricDefinitions } from "./metrics/metric_definitions.ts";
export { dropStopWords, withoutSystemStopWords } from "./texts/stop_words.ts";
export { type RecordLanguages, recordLanguages } from "./texts/record_languages.ts";
export { type Script, scriptNames, scriptOf, scripts } from "./texts/scripts.ts";
export { type Embeddings, type FeatureTables, type LabelledRows, type Rows } from "./pairs/feature_tables.ts";
