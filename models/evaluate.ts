import {
  bias,
  bootstrapInterval,
  type GroupFigure,
  mae,
  pearson,
  rmse,
  rmseByGroup,
  rmseByScore,
  spearman,
} from "../data/evaluation.ts";

/** How well scores meet the true ones. */
export interface Evaluation {
  /** How many rows were scored. */
  readonly rows: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Interval that holds the RMSE of 95 % of draws of as many rows. */
  readonly rmseInterval: readonly [low: number, high: number];
  /** Mean absolute error. */
  readonly mae: number;
  /** Mean of predicted - true. */
  readonly bias: number;
  /** Null where predictions or scores do not vary. */
  readonly pearson: number | null;
  /** Null where predictions or scores do not vary. */
  readonly spearman: number | null;
  /** RMSE of always predicting the mean score of the train rows. */
  readonly constantRmse: number;
  /** RMSE of each class of true scores. */
  readonly byScore: readonly GroupFigure[];
  /** RMSE of each metric. */
  readonly byMetric: readonly GroupFigure[];
}

/** Measures predictions against true scores. */
export function evaluate(
  predicted: Float32Array,
  actual: Float32Array,
  { metrics, trainMean }: { metrics: readonly string[]; trainMean: number },
): Evaluation {
  const defined = (value: number) => Number.isNaN(value) ? null : value;
  return {
    rows: actual.length,
    rmse: rmse(predicted, actual),
    rmseInterval: bootstrapInterval(predicted, actual),
    mae: mae(predicted, actual),
    bias: bias(predicted, actual),
    pearson: defined(pearson(predicted, actual)),
    spearman: defined(spearman(predicted, actual)),
    constantRmse: rmse(new Float32Array(actual.length).fill(trainMean), actual),
    byScore: rmseByScore(predicted, actual),
    byMetric: rmseByGroup(predicted, actual, metrics),
  };
}
