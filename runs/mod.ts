/** A training as a folder on disk: begun, resumed, measured and loaded. */
export { calibrationRows } from "./calibration_rows.ts";
export { compareScores, describeRun, type RunLine, type TestLine, type TestScores } from "./compare.ts";
export { type RunConfig } from "./run_folder.ts";
export { Scorer } from "./scorer.ts";
export { explainTraining, type Explanation, type LayerDescription, type OperationDescription } from "./explain.ts";
export { type FoldsSummary, resumeFolds, trainEnsembleFolds, trainFolds } from "./folds/train_folds.ts";
export { type FoldFigures, type PooledBeside, type PooledFigures } from "./folds/pooled.ts";
export { type SettingChange } from "./training/resume_changes.ts";
export { type TrainSummary } from "./train_summary.ts";
export { type RunOptions } from "./run_options.ts";
export { configOf } from "./configure.ts";
export { resumeRun } from "./resume_run.ts";
export { trainRun } from "./start_run.ts";
export { type TrainFiles, type TrainRequest } from "./train_request.ts";
export {
  type Combination,
  combine,
  combinedStandardDeviation,
  type CombineName,
  combineNames,
  type CombineOptions,
  fitCombination,
  type MemberScores,
} from "./ensemble/combine.ts";
export {
  type EnsembleConfig,
  type EnsembleRequest,
  type EnsembleSettings,
  type EnsembleTable,
  ensembleTable,
  type FittedEnsemble,
  type GivenEnsembleSettings,
  holdsEnsemble,
} from "./ensemble/config.ts";
export { type EnsembleFigures, type WayFigure } from "./ensemble/fit.ts";
export { defaultMembers, expandMembers, type Member, type MemberEntry } from "./ensemble/members.ts";
export { EnsembleScorer, type MemberPredictions } from "./ensemble/scorer.ts";
export {
  type EnsembleOptions,
  type EnsembleSummary,
  type MemberSummary,
  resumeEnsemble,
  trainEnsemble,
} from "./ensemble/train.ts";
export {
  finetune,
  type FinetuneOptions,
  type FinetuneRequest,
  type FinetuneSummary,
  resumeFinetune,
} from "./finetune/finetune.ts";
export { type FinetuneConfig, type FinetuneCounts } from "./finetune/finetune_folder.ts";
export { type FinetuneEpoch } from "./finetune/trainer.ts";
export { type FinetuneSettings, type FinetuneTable, finetuneTable } from "./finetune/settings.ts";
export { type FinetunePlan } from "./finetune/finetune.ts";
export {
  type Continuation,
  kindOfFolder,
  type LoadedFolder,
  openTrained,
  type Resumed,
  type ScoredRecords,
  type TrainedFolder,
} from "./trained_folder.ts";
/** Its name in earlier versions. */
export { combinedStandardDeviation as combinedSpread } from "./ensemble/combine.ts";
