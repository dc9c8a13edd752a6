/** The recipes: training a run, and scoring with it. */
export { BilinearNetwork, type BilinearSizes } from "./bilinear.ts";
export {
  type BilinearConfig,
  bilinearConfig,
  bilinearDefaults,
  type Recipe,
  recipes,
  type Weighting,
  weightings,
} from "./config.ts";
export { evaluate, type Evaluation } from "./evaluate.ts";
export type { EpochFigures } from "./history.ts";
export type { Predictions } from "./predict_rows.ts";
export type { Reporter, TrainReporter } from "./reporter.ts";
export type { RunInputs } from "./run_folder.ts";
export type { SetFigure } from "./run_readme.ts";
export { type Features, saveFeatures, type ScoreOptions, Scorer } from "./scorer.ts";
export { resumeRun, type RunOptions, trainRun, type TrainSummary } from "./train_run.ts";
export type { TrainFiles, TrainRequest } from "./train_request.ts";
export type { Rows } from "./training_data.ts";
