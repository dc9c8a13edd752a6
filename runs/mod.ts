/** The recipes: training a run, and scoring with it. */
export type { Batch, LabelledBatch } from "../recipes/training/batch.ts";
export { discriminantBasis, tripletDifferenceBasis } from "../recipes/classical/bases.ts";
export { cholesky, choleskyInverse, choleskySolve } from "../recipes/classical/cholesky.ts";
export { type Eigenpairs, leadingEigenpairs, symmetricEigenpairs } from "../recipes/classical/eigen.ts";
export { IsotonicRegression } from "../recipes/classical/isotonic.ts";
export { KernelPca, type KernelPcaOptions } from "../recipes/classical/kernel_pca.ts";
export { MahalanobisMetric } from "../recipes/classical/mahalanobis.ts";
export type { Matrix, Numbers } from "../recipes/classical/matrix.ts";
export { KNeighborsRegressor, type NeighborsOptions } from "../recipes/classical/neighbours.ts";
export { Pca } from "../recipes/classical/pca.ts";
export { defaultAlphas, type RegressionRows, Ridge, type RidgeSearch } from "../recipes/classical/ridge.ts";
export { fitScml, type GlobalScml, type ScmlInputs, type ScmlOptions } from "../recipes/classical/scml.ts";
export { type ScoreTripletOptions, scoreTriplets, type Triplets } from "../recipes/classical/triplets.ts";
export {
  SentenceEncoder,
  type SentenceEncoderDescription,
  type SentenceEncoderOptions,
} from "../encoders/network/sentence_encoder.ts";
export { SentenceDense, SentenceNetwork } from "../encoders/network/sentence_network.ts";
export type { EncoderEmbeddings } from "../encoders/network/embeddings.ts";
export type { RelativePositions } from "../encoders/network/relative_positions.ts";
export type {
  AttentionMask,
  EncoderAttention,
  EncoderIntermediate,
  EncoderLayer,
  EncoderOutput,
  EncoderSelfAttention,
} from "../encoders/network/layer.ts";
export { EncoderNetwork, type EncoderStack } from "../encoders/network/network.ts";
export type { EncoderActivation, EncoderConfig } from "../encoders/network/config.ts";
export { type Architecture, architectures, type SettingNames } from "../encoders/network/architectures.ts";
export type { TokenBatch } from "../encoders/network/token_batch.ts";
export { embedFile, type EmbedRequest, type EmbedSummary } from "../encoders/embed.ts";
export type { EncodingWatch } from "../encoders/encode_inputs.ts";
export { type OpenEncoder, openEncoder, registerEncoder } from "../encoders/open_encoder.ts";
export type { TextSource } from "../scoring/encode_texts_of_run.ts";
export { evaluate, type Evaluation, type IntervalFigures, type Scored } from "../scoring/evaluate.ts";
export { ConformalIntervals, type ConformalRows, type Intervals } from "../scoring/calibration/conformal.ts";
export {
  type CalibrateName,
  calibrateNames,
  type Corrected,
  Correction,
  type CorrectionOptions,
} from "../scoring/calibration/correction.ts";
export { calibrationRows } from "./calibration_rows.ts";
export type { CalibrationRows } from "../scoring/calibration/calibration_rows.ts";
export { type IsotonicFigure, isotonicFigures } from "../scoring/calibration/isotonic.ts";
export { compareScores, describeRun, type RunLine, type TestLine, type TestScores } from "./compare.ts";
export { type BaselineTables, RidgeBaseline } from "../scoring/ridge_baseline.ts";
export type { EpochFigures, Observer, RowCounts } from "../data/observer.ts";
export {
  type FitData,
  type FitEvidence,
  FitModel,
  type FitState,
  type FittedMetrics,
  type MisfitShares,
} from "../scoring/fit/fit_model.ts";
export { fitFromFile, fitToFile } from "../scoring/fit/fit_file.ts";
export { type HeldOut, type Regime, type RegimeName, regimeNames } from "../scoring/fit/regimes.ts";
export { type ExpertName, expertNames, Experts, type FitTexts, type Judgement } from "../scoring/fit/experts.ts";
export type { Calibration as FitCalibration, LogRatios } from "../scoring/fit/calibration.ts";
export { ClassMeans } from "../scoring/fit/class_means.ts";
export { MetricRidge, type RidgePrediction } from "../scoring/fit/metric_ridge.ts";
export { TopicModel, type TopicModelState } from "../scoring/fit/topics.ts";
export { estimateMisfitShare, misfitProbability, type MisfitScores } from "../scoring/fit/misfits.ts";
export { LocalScml, type LocalScmlRows, type LocalScmlSizes } from "../recipes/scml/local_scml.ts";
export type { Predictions } from "../recipes/training/predict_rows.ts";
export type { BatchPrediction, LargestWeight, Recipe, TrainRows, Widths } from "../recipes/recipe.ts";
export { recipeNamed, recipes, settingsOf } from "../recipes/registry.ts";
export type { Model } from "../recipes/model.ts";
export type { Phase } from "../recipes/training/phases.ts";
export type { RunConfig } from "./run_folder.ts";
export type { RunInputs } from "../scoring/run_inputs.ts";
export { Scorer } from "./scorer.ts";
export { type Features, saveFeatures, type ScoreOptions } from "../scoring/model_scorer.ts";
export type { SetFigure } from "../scoring/set_figure.ts";
export { explainTraining, type Explanation, type LayerDescription, type OperationDescription } from "./explain.ts";
export { type FoldsSummary, resumeFolds, trainEnsembleFolds, trainFolds } from "./folds/train_folds.ts";
export type { FoldFigures, PooledBeside, PooledFigures } from "./folds/pooled.ts";
export { estimateByBbse, type HeldOutClasses } from "../scoring/shift/bbse.ts";
export { calibrateClasses, type LabelledClasses } from "../scoring/shift/calibrate_classes.ts";
export { type Calibration, classProbabilities } from "../scoring/shift/classes.ts";
export { estimateByEm, gainOf } from "../scoring/shift/em.ts";
export type { ClassKnowledge, TrainedShares } from "../scoring/shift/held_out.ts";
export { type LabelShift, underShift } from "../scoring/shift/label_shift.ts";
export { moveMean } from "../scoring/shift/mean.ts";
export type { ShiftFigure } from "../scoring/shift/measure_shifts.ts";
export { misfitShares } from "../scoring/shift/misfit_share.ts";
export { type EstimatorName, type ShiftName, shiftNames } from "../scoring/shift/names.ts";
export type { TargetRows } from "../scoring/shift/rows.ts";
export type { SettingChange } from "./training/resume_changes.ts";
export type { AppliedShift, FitSummary, ShiftedPredictions, ShiftKnowledge } from "../scoring/shift/shift_scores.ts";
export type { TrainSummary } from "./train_summary.ts";
export type { RunOptions } from "./run_options.ts";
export { configOf } from "./configure.ts";
export { resumeRun } from "./resume_run.ts";
export { trainRun } from "./start_run.ts";
export type { TrainFiles, TrainRequest } from "./train_request.ts";
export type { Embeddings, FeatureTables, LabelledRows, Rows } from "../data/pairs/feature_tables.ts";
export { Field, type FieldKind } from "../recipes/settings/field.ts";
export {
  type GivenSettings,
  type Settings,
  type SharedSettings,
  type SharedTable,
  sharedTable,
} from "../recipes/settings/shared.ts";
export type { Given, Table, Values } from "../recipes/settings/table.ts";
export {
  type Combination,
  combine,
  combinedSpread,
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
  ensembleTable,
  type FittedEnsemble,
  type GivenEnsembleSettings,
  holdsEnsemble,
} from "./ensemble/config.ts";
export type { EnsembleFigures, WayFigure } from "./ensemble/fit.ts";
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
export type { FinetuneConfig, FinetuneCounts } from "./finetune/finetune_folder.ts";
export type { FinetuneEpoch } from "./finetune/trainer.ts";
export { type EncoderQuality, measureEncoder } from "../encoders/finetune/quality.ts";
export { type PairKind, pairKinds, type TuningSettings } from "../encoders/finetune/settings.ts";
export { type FinetuneSettings, finetuneTable } from "./finetune/settings.ts";
export { type Fit, type PoolOptions, TextPool } from "../encoders/finetune/text_pool.ts";
export { LexicalModel } from "../recipes/features/lexical.ts";
export { type Choice, type ChoiceRegime, choiceRegimes, describeChoice, type RegimeChoice } from "../recipes/choice.ts";
