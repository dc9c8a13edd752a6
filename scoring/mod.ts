/** A trained model at work: scores, fit of metric and text, shift, calibration and figures. */
export {
  type Coverage,
  type StandardDeviationCalibration,
  standardDeviationCalibration,
  type StandardDeviationFigure,
} from "./calibration/standard_deviations.ts";
export { type TextSource } from "./encode_texts_of_run.ts";
export { evaluate, type Evaluation, type IntervalFigures, type Scored } from "./evaluate.ts";
export { ConformalIntervals, type ConformalRows, type Intervals } from "./calibration/conformal.ts";
export {
  type CalibrateName,
  calibrateNames,
  type Corrected,
  Correction,
  type CorrectionOptions,
} from "./calibration/correction.ts";
export { type CalibrationRows } from "./calibration/calibration_rows.ts";
export { type IsotonicFigure, isotonicFigures } from "./calibration/isotonic.ts";
export { type BaselineTables, RidgeBaseline } from "./ridge_baseline.ts";
export {
  type FitData,
  type FitEvidence,
  FitModel,
  fitProbabilities,
  type FitState,
  type FittedMetrics,
  type MisfitShares,
} from "./fit/fit_model.ts";
export { fitFromFile, fitToFile } from "./fit/fit_file.ts";
export { type HeldOut, type Regime, type RegimeName, regimeNames } from "./fit/regimes.ts";
export { type ExpertName, expertNames, Experts, type FitTexts, type Judgement } from "./fit/experts.ts";
export { type Calibration as FitCalibration, type LogRatios } from "./fit/calibration.ts";
export { ClassMeans } from "./fit/class_means.ts";
export { MetricRidge, type RidgePrediction } from "./fit/metric_ridge.ts";
export { TopicModel, type TopicModelState } from "./fit/topics.ts";
export { estimateMisfitShare, misfitProbability, type MisfitScores } from "./fit/misfits.ts";
export { type RunInputs } from "./run_inputs.ts";
export { type Features, saveFeatures, type ScoreOptions } from "./model_scorer.ts";
export { type PairFigure, type SetFigure } from "./set_figure.ts";
export { estimateByBbse, type HeldOutClasses } from "./shift/bbse.ts";
export { calibrateClasses, type LabelledClasses } from "./shift/calibrate_classes.ts";
export { type Calibration, classProbabilities } from "./shift/classes.ts";
export { estimateByEm, gainOf } from "./shift/em.ts";
export { type ClassKnowledge, type TrainedShares } from "./shift/held_out.ts";
export { type LabelShift, underShift } from "./shift/label_shift.ts";
export { moveMean } from "./shift/mean.ts";
export { type ShiftFigure } from "./shift/measure_shifts.ts";
export { misfitShares } from "./shift/misfit_share.ts";
export { type EstimatorName, type ShiftName, shiftNames } from "./shift/names.ts";
export { type TargetRows } from "./shift/rows.ts";
export {
  type AppliedShift,
  type FitSummary,
  type ShiftedPredictions,
  type ShiftKnowledge,
} from "./shift/shift_scores.ts";
export { ModelScorer, type ScorerParts } from "./model_scorer.ts";
export type { ShiftRequest } from "./shift/shift_scores.ts";
/** Names of earlier versions. */
export {
  type StandardDeviationCalibration as SpreadCalibration,
  standardDeviationCalibration as spreadCalibration,
  type StandardDeviationFigure as SpreadFigure,
} from "./calibration/standard_deviations.ts";
