import { bias, mae, pearson, rmse, spearman } from "../../data/evaluation.ts";
import { groupedRmseInterval, pooledRmse } from "../../scoring/set_figure.ts";
import { groupsOf, type ValidationRow } from "../results/validation_file.ts";
import type { FoldRows } from "./fold_work.ts";

/** RMSE over the predictions of all folds together by something else than what is pooled. */
export interface PooledBeside {
  /** A member as `--member` takes it, or a way to combine members. */
  readonly name: string;
  /** Over all records. */
  readonly rmse: number;
  /** Interval that holds the RMSE of 95 % of draws of as many rows, or groups of rows; null for fewer than five groups. */
  readonly rmseInterval: readonly [low: number, high: number] | null;
}

/** How one fold was predicted by a model that had not seen it. */
export interface FoldFigures {
  /** Counted from 0. */
  readonly fold: number;
  /** How many records were held out. */
  readonly rows: number;
  /** Over the predictions of those. */
  readonly rmse: number;
  /** RMSE of always predicting the mean score of the fold's train rows. */
  readonly constant: number;
  /** RMSE of ridge regression on the fold's inputs; null where a run of an earlier version has none. */
  readonly ridge: number | null;
}

/** Figures over the predictions of all folds together. */
export interface PooledFigures extends Omit<FoldFigures, "fold"> {
  /** Interval that holds the RMSE of 95 % of draws of as many rows, or groups of rows; null for fewer than five groups. */
  readonly rmseInterval: readonly [low: number, high: number] | null;
  /** Mean absolute error. */
  readonly mae: number;
  /** Mean of predicted - true. */
  readonly bias: number;
  /** NaN where predictions or scores do not vary. */
  readonly pearson: number;
  /** NaN where predictions or scores do not vary. */
  readonly spearman: number;
}

/** Numbers of the groups of all folds' rows, in the order of the records; null where they are not grouped. */
export function groupsAcross(folds: readonly FoldRows[]): number[] | null {
  const numbers = new Map<string, number>();
  const rows = folds.flatMap(({ rows }, fold) => {
    const groups = groupsOf(rows);
    return rows.map(({ record }, i) => ({ record, group: groups && `${fold} ${groups[i]}` }));
  });
  return groupsOf(
    rows.sort((a, b) => a.record - b.record).map(({ group }) => {
      if (group === null) return { group };
      // No group is in two folds.
      if (!numbers.has(group)) numbers.set(group, numbers.size);
      return { group: numbers.get(group)! };
    }),
  );
}

/** The same figures of what else predicted the rows. */
export function poolBeside(folds: readonly FoldRows[], groups: readonly number[] | null): PooledBeside[] {
  return (folds[0]?.beside ?? []).map(({ name }, i) => {
    const rows = folds.flatMap(({ rows, beside }) =>
      rows.map(({ record, score }, row) => ({ record, score, predicted: beside![i]!.predicted[row]! }))
    ).sort((a, b) => a.record - b.record);
    const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
    return { name, rmse: rmse(predicted, score), rmseInterval: groupedRmseInterval(predicted, score, groups) };
  });
}

/** How well a fold was predicted, and how well by the mean of its train rows. */
export function figuresOf(rows: readonly ValidationRow[], trainMean: number): Omit<FoldFigures, "fold" | "ridge"> {
  const score = rows.map(({ score }) => score);
  return {
    rows: rows.length,
    rmse: rmse(rows.map(({ predicted }) => predicted), score),
    constant: rmse(score.map(() => trainMean), score),
  };
}

/** Figures over the rows of all folds. */
export function pool(
  rows: readonly ValidationRow[],
  folds: readonly { readonly figures: FoldFigures }[],
  groups: readonly number[] | null,
): PooledFigures {
  const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
  const figures = folds.map(({ figures }) => figures);
  return {
    rows: rows.length,
    rmse: rmse(predicted, score),
    rmseInterval: groupedRmseInterval(predicted, score, groups),
    constant: pooledRmse(figures.map(({ rows, constant }) => ({ rows, rmse: constant })))!,
    ridge: pooledRmse(figures.map(({ rows, ridge }) => ({ rows, rmse: ridge }))),
    mae: mae(predicted, score),
    bias: bias(predicted, score),
    pearson: pearson(predicted, score),
    spearman: spearman(predicted, score),
  };
}
