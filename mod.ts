/**
 * Scorers of prompt-response pairs: recipes, runs and what reads their data. Tensors, modules and optimisers are in
 * `metrograd/engine`, launches on any `GPUDevice` in `metrograd/kernels`.
 *
 * What a type leads to that is not named here is in `metrograd/all`.
 *
 * @module
 */
export { DataError, DeviceError, DeviceLostError, MetrogradError, ShapeError, UsageError } from "./kernels/errors.ts";

export {
  type DataPaths,
  type EpochFigures,
  mae,
  type MetricRecord,
  MetricTable,
  type Observer,
  readNpyMatrix,
  readRecords,
  readRecordSet,
  type ReadRecordsOptions,
  readScores,
  readTextEmbeddings,
  type RecordSet,
  rmse,
  type SubmissionOptions,
  type TextEmbeddings,
  type TrainReporter,
  writeNpy,
  writeRecords,
  writeSubmission,
} from "./data/mod.ts";
export {
  defaultCachePath,
  downloadModel,
  type DownloadOptions,
  embedFile,
  type EmbedRequest,
  type EmbedSummary,
  HashEncoder,
  type OpenEncoder,
  openEncoder,
  type PretrainedEncoder,
  registerEncoder,
  SentenceEncoder,
  VectorCache,
} from "./encoders/mod.ts";
export {
  JointEmbedding,
  type Recipe,
  recipeNamed,
  recipes,
  registerRecipe,
  type Settings,
  settingsOf,
  sharedTable,
} from "./recipes/mod.ts";
export {
  calibrateNames,
  evaluate,
  type Evaluation,
  type Features,
  type RunInputs,
  saveFeatures,
  type ScoreOptions,
  type ShiftedPredictions,
  type ShiftName,
  shiftNames,
  type TargetRows,
} from "./scoring/mod.ts";
export {
  type Combination,
  type CombineName,
  combineNames,
  compareScores,
  configOf,
  describeRun,
  type EnsembleConfig,
  type EnsembleOptions,
  type EnsembleRequest,
  EnsembleScorer,
  type EnsembleSummary,
  type EnsembleTable,
  ensembleTable,
  explainTraining,
  type Explanation,
  finetune,
  type FinetuneOptions,
  type FinetuneRequest,
  type FinetuneSummary,
  type FinetuneTable,
  finetuneTable,
  type FoldsSummary,
  resumeEnsemble,
  resumeFinetune,
  resumeFolds,
  resumeRun,
  type RunConfig,
  type RunOptions,
  Scorer,
  type SettingChange,
  trainEnsemble,
  trainEnsembleFolds,
  trainFolds,
  type TrainRequest,
  trainRun,
  type TrainSummary,
} from "./runs/mod.ts";
import * as settings from "./recipes/settings/mod.ts";
/** Tables of settings, for recipes of your own. */
export { settings };
export { Engine } from "./engine/engine.ts";
export type { EngineOptions } from "./engine/engine_options.ts";
