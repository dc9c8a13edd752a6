import {
  correlationsByGroup,
  groupBootstrapInterval,
  type GroupCorrelation,
  meanScore,
  rmse,
  rmseByGroup,
  spearman,
} from "../../../data/evaluation.ts";
import type { RealSet } from "./sets.ts";

/** A 95 % interval over groups of records. */
export type Interval = readonly [low: number, high: number];

/** How well scores of the test records of a set meet the true ones. */
export interface SetFigures {
  readonly rmse: number;
  readonly interval: Interval;
  /** Mean of the correlations within metrics; null where the true scores of every metric are constant. */
  readonly pearson: number | null;
  readonly spearman: number | null;
  /** RMSE over that of the best baseline. */
  readonly ratio: number;
  /** The same of each metric. */
  readonly byMetric: readonly MetricFigures[];
}

/** The figures of one metric. */
export interface MetricFigures extends GroupCorrelation {
  readonly rmse: number;
}

/** Measures scores of the test records of a set. */
export function measureScores(
  { truth, test, groups, metrics, bestBaseline }: RealSet,
  scores: ArrayLike<number>,
): SetFigures {
  const names = test.map(({ metric }) => metric);
  const correlations = correlationsByGroup(scores, truth, names), errors = rmseByGroup(scores, truth, names);
  const byMetric = metrics.map((metric): MetricFigures => ({
    ...correlations.find(({ group }) => group === metric)!,
    rmse: errors.find(({ group }) => group === metric)!.rmse,
  }));
  const total = rmse(scores, truth);
  return {
    rmse: total,
    interval: groupBootstrapInterval(groups, (rows) => rmse(pick(scores, rows), pick(truth, rows))),
    pearson: meanOfKnown(byMetric.map(({ pearson }) => pearson)),
    spearman: meanOfKnown(byMetric.map(({ spearman }) => spearman)),
    ratio: total / bestBaseline.rmse,
    byMetric,
  };
}

/** Spearman's correlation over some of the test records, with its interval over their groups. */
export function spearmanOf(
  { truth, groups }: RealSet,
  scores: ArrayLike<number>,
  rows: readonly number[],
): { readonly rho: number; readonly interval: Interval } {
  // A draw in which one side is constant has no correlation; it counts as none at all.
  const rho = (drawn: readonly number[]) => spearman(pick(scores, drawn), pick(truth, drawn)) || 0;
  return {
    rho: rho(rows),
    interval: groupBootstrapInterval(rows.map((row) => groups[row]!), (drawn) => rho(drawn.map((i) => rows[i]!))),
  };
}

/** RMSE of two simple predictors: the mean train score, and the mean train score of each metric. */
export function simpleFigures(
  { train, test, truth }: RealSet,
): { readonly constant: number; readonly metricMean: number } {
  const mean = meanScore(train.map(({ score }) => score!));
  const means = new Map(
    [...Map.groupBy(train, ({ metric }) => metric)].map(([metric, rows]) => [
      metric,
      meanScore(rows.map(({ score }) => score!)),
    ]),
  );
  return {
    constant: rmse(test.map(() => mean), truth),
    metricMean: rmse(test.map(({ metric }) => means.get(metric) ?? mean), truth),
  };
}

const pick = (values: ArrayLike<number>, rows: readonly number[]) => rows.map((row) => values[row]!);

function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : meanScore(known);
}
