import { intervalBars } from "../figures/run_charts.ts";
import { formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { drawn, leftOut, type ShownRun } from "./shown_run.ts";

/** What runs stand beside. */
const baselines = ["ridge", "metric mean", "constant"] as const;

/**
 * The runs and their figures in one table, and beside simple predictors.
 *
 * @param more figures of a single run that belong on the first screen
 */
export function runsSection(runs: readonly ShownRun[], source: string, more: readonly Figure[]): Section {
  const several = runs.length > 1;
  return {
    id: "runs",
    title: several ? "Runs" : "Result",
    text: `Measured on ${source}. Ridge is a ridge regression on the same embeddings, the metric mean the mean train ` +
      `score of each metric, and the constant that of all train rows.${leftOut(runs)}`,
    figures: [beside(runs), ...more],
    tables: [
      table(
        "runs",
        several ? "Runs by figures" : "The run in figures",
        [
          "run",
          "recipe",
          "seed:count",
          "rows:count",
          "RMSE:number",
          "low:number",
          "high:number",
          "MAE:number",
          "bias:number",
          "Pearson:number",
          "Spearman:number",
          "ridge:number",
          "constant:number",
          "mismatched:number",
          "seconds:number",
        ],
        runs.map(({ label, line, scored: { figures } }): Cell[] => {
          const [low, high] = line.rmseInterval ?? [null, null];
          return [
            label,
            line.recipe + (line.members === null ? "" : ` of ${line.members}`) +
            (line.folds === null ? "" : `, ${line.folds} folds`),
            line.seed,
            line.rows,
            line.rmse,
            low,
            high,
            figures.mae,
            figures.bias,
            figures.pearson,
            figures.spearman,
            line.ridgeRmse,
            line.constantRmse,
            line.mismatchedRmse,
            line.seconds,
          ];
        }),
        {
          shown: 200,
          sortable: several,
          reading: several
            ? "Press the head of a column to sort by it. Low and high are the ends of the 95 % interval of RMSE."
            : "Low and high are the ends of the 95 % interval of RMSE.",
        },
      ),
      table(
        "sets",
        "Sets of rows",
        [
          "run",
          "set",
          "rows:count",
          "RMSE:number",
          "low:number",
          "high:number",
          "ridge:number",
          "metric mean:number",
          "constant:number",
          "MAE:number",
        ],
        runs.flatMap(({ label, sets }) =>
          sets.map(({ set, rows, rmse, rmseInterval, ridge, metricMean, constant, mae }): Cell[] => [
            label,
            set,
            rows,
            rmse,
            ...(rmseInterval ?? [null, null]),
            ridge,
            metricMean ?? null,
            constant,
            mae,
          ])
        ),
        {
          reading: "Validation rows were held out of training; mismatched ones have a metric that they were not " +
            "judged by, near misses one that is similar to theirs.",
        },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

/** A run's sets, or the runs, beside the baselines. */
function beside(runs: readonly ShownRun[]): Figure {
  const [only] = runs, single = runs.length === 1 && only!.sets.length > 0;
  const bars = single
    ? only!.sets.map(({ set, rmse, rmseInterval, ridge, metricMean, constant }) => ({
      label: set,
      rmse,
      interval: rmseInterval ?? null,
      values: { ridge, "metric mean": metricMean ?? null, constant },
    }))
    : drawn(runs).map((run) => ({
      label: run.label,
      rmse: run.line.rmse,
      interval: run.line.rmseInterval,
      values: { ridge: run.line.ridgeRmse, "metric mean": null, constant: run.line.constantRmse },
    }));
  const data = bars.flatMap(({ label, rmse, interval, values }) => [
    { label, set: "run", value: rmse, low: interval?.[0] ?? rmse, high: interval?.[1] ?? rmse },
    ...baselines.flatMap((set) => {
      const value = values[set];
      return value === null ? [] : [{ label, set, value, low: value, high: value }];
    }),
  ]);
  const best = bars[0]!, part = best.rmse / best.values.constant;
  const sets = ["run", ...baselines].filter((name) => data.some(({ set }) => set === name));
  return {
    id: "beside-baselines",
    title: "RMSE beside simple predictors",
    reading: `On ${single ? best.label : "its rows"}, ${single ? "the run" : best.label} has an RMSE of ${
      formatNumber(best.rmse)
    }, ${(100 * part).toFixed(0)} % of that of the constant (${formatNumber(best.values.constant)}).`,
    spec: intervalBars(data, sets, { label: "set", value: "RMSE", lying: true }),
    data: table(
      "beside-baselines",
      "RMSE beside simple predictors",
      ["of", "predictor", "RMSE:number", "low:number", "high:number"],
      data.map(({ label, set, value, low, high }) => [label, set, value, low, high]),
    ),
  };
}
