import { type StandardDeviationCalibration, standardDeviationCalibration } from "./calibration/standard_deviations.ts";
import {
  accuracy,
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
import { type RecordLanguages, recordLanguages } from "../data/texts/record_languages.ts";
import type { MetricRecord } from "../data/records.ts";
import type { Intervals } from "./calibration/conformal.ts";
import { baselineFigures } from "./set_figure.ts";

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
  /** Share of the scores that are right once they are rounded. */
  readonly accuracy: number;
  /** Null where predictions or scores do not vary. */
  readonly pearson: number | null;
  /** Null where predictions or scores do not vary. */
  readonly spearman: number | null;
  /** RMSE of always predicting the mean score of the train rows. */
  readonly constantRmse: number;
  /** Mean absolute error of that. */
  readonly constantMae: number;
  /** RMSE of ridge regression on the run's inputs; null where the run has none. */
  readonly ridgeRmse: number | null;
  /** Mean absolute error of that. */
  readonly ridgeMae: number | null;
  /** How well predicted standard deviations say how large errors are; null where the run predicts none. */
  readonly standardDeviation: StandardDeviationCalibration | null;
  /** How many true scores the intervals hold; null where none were asked for. */
  readonly interval: IntervalFigures | null;
  /** RMSE of each class of true scores. */
  readonly byScore: readonly GroupFigure[];
  /** RMSE of each metric. */
  readonly byMetric: readonly GroupFigure[];
  /** RMSE of each script that records are written in, from the most frequent down. */
  readonly byScript: readonly GroupFigure[];
  /** RMSE of each language that was found, from the most frequent down. */
  readonly byLanguage: readonly GroupFigure[];
}

/** What intervals hold. */
export interface IntervalFigures {
  /** Share of the true scores that they should hold. */
  readonly level: number;
  /** Share that they hold. */
  readonly coverage: number;
  /** Mean of upper - lower end. */
  readonly meanWidth: number;
}

/** What is measured. */
export interface Scored {
  /** [rows] */
  readonly score: Float32Array;
  /** Standard deviations of the scores; null where there are none. */
  readonly standardDeviation: Float32Array | null;
  /** Intervals and the share of the true scores that they should hold; null where there are none. */
  readonly intervals: (Intervals & { readonly level: number }) | null;
  /** What ridge regression on the run's inputs says; null where there is none. */
  readonly ridge: Float32Array | null;
  /** Mean score of the train rows. */
  readonly trainMean: number;
}

/**
 * Measures predictions of records against true scores.
 *
 * @param written what the records are written in, where that is known already
 */
export function evaluate(
  { score, standardDeviation, intervals, ridge, trainMean }: Scored,
  actual: Float32Array,
  records: readonly MetricRecord[],
  { scripts, languages }: RecordLanguages = recordLanguages(records),
): Evaluation {
  const defined = (value: number) => Number.isNaN(value) ? null : value;
  const { constant, constantMae, ridge: ridgeRmse, ridgeMae } = baselineFigures(actual, { trainMean, ridge });
  const frequentFirst = (groups: readonly string[]) =>
    rmseByGroup(score, actual, groups).sort((a, b) => b.rows - a.rows);
  return {
    rows: actual.length,
    rmse: rmse(score, actual),
    rmseInterval: bootstrapInterval(score, actual),
    mae: mae(score, actual),
    bias: bias(score, actual),
    accuracy: accuracy(score, actual),
    pearson: defined(pearson(score, actual)),
    spearman: defined(spearman(score, actual)),
    constantRmse: constant,
    constantMae,
    ridgeRmse,
    ridgeMae,
    standardDeviation: standardDeviation && standardDeviationCalibration(score, actual, standardDeviation),
    interval: intervals && intervalFigures(intervals, actual),
    byScore: rmseByScore(score, actual),
    byMetric: rmseByGroup(score, actual, records.map(({ metric }) => metric)),
    byScript: frequentFirst(scripts),
    byLanguage: frequentFirst(languages),
  };
}

/** Measures intervals against true scores. */
export function intervalFigures(
  { low, high, level }: Intervals & { readonly level: number },
  actual: Float32Array,
): IntervalFigures {
  const mean = (of: (i: number) => number) => actual.reduce((sum, _, i) => sum + of(i), 0) / actual.length;
  return {
    level,
    coverage: mean((i) => low[i]! <= actual[i]! && actual[i]! <= high[i]! ? 1 : 0),
    meanWidth: mean((i) => high[i]! - low[i]!),
  };
}
