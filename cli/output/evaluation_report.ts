import type { StandardDeviationCalibration } from "../../scoring/calibration/standard_deviations.ts";
import type { GroupFigure } from "../../data/evaluation.ts";
import type { IsotonicFigure } from "../../scoring/calibration/isotonic.ts";
import type { Evaluation } from "../../scoring/evaluate.ts";
import { alignColumns } from "./terminal.ts";

/** An evaluation as text. @param isotonic what isotonic regression does to the errors on held-out rows */
export function formatEvaluation(figures: Evaluation, isotonic: readonly IsotonicFigure[]): string {
  const { rmseInterval: [low, high], standardDeviation, interval } = figures;
  return [
    alignColumns([
      ["rows", String(figures.rows)],
      ["RMSE", number(figures.rmse)],
      ["  95 % interval", `${number(low)} to ${number(high)}`],
      ["  ridge on embeddings", number(figures.ridgeRmse)],
      ["  constant predictor", number(figures.constantRmse)],
      ["MAE", number(figures.mae)],
      ["  ridge on embeddings", number(figures.ridgeMae)],
      ["  constant predictor", number(figures.constantMae)],
      ["bias", number(figures.bias)],
      ["accuracy of rounded scores", percent(figures.accuracy)],
      ["Pearson", number(figures.pearson)],
      ["Spearman", number(figures.spearman)],
      ...(interval
        ? [
          [`scores inside ${percent(interval.level)} intervals`, percent(interval.coverage)],
          ["  mean width", number(interval.meanWidth)],
        ]
        : []),
    ]),
    ...(standardDeviation ? formatStandardDeviation(standardDeviation) : []),
    ...(isotonic.length > 0 ? [formatIsotonic(isotonic)] : []),
    groups("true score", figures.byScore),
    groups("script", figures.byScript),
    // A language that has its script to itself is named by it, so that there is nothing more to say.
    ...(figures.byLanguage.length > figures.byScript.length
      ? [groups("language, by its words", figures.byLanguage)]
      : []),
    groups("metric", figures.byMetric),
  ].join("\n\n");
}

function formatStandardDeviation(standardDeviation: StandardDeviationCalibration): string[] {
  return [
    alignColumns([
      ["predicted standard deviation", ""],
      ["mean squared error / mean predicted variance", number(standardDeviation.varianceRatio)],
      ["mean z²", number(standardDeviation.meanSquaredZ)],
      ["Gaussian NLL", number(standardDeviation.gaussianNll)],
      ["|z| < 1 (68.3 % if normal)", percent(standardDeviation.withinOne)],
      ["|z| < 1.96 (95 % if normal)", percent(standardDeviation.withinTwo)],
    ]),
    alignColumns([
      ["normal interval", "scores inside"],
      ...standardDeviation.coverage.map(({ nominal, found }) => [percent(nominal), percent(found)]),
    ]),
    alignColumns([
      ["by predicted standard deviation", "rows", "standard deviation", "RMSE"],
      ...standardDeviation.byStandardDeviation.map(({ rows, standardDeviation, rmse }, i, all) => [
        i === 0 ? "least" : i === all.length - 1 ? "most" : "",
        String(rows),
        number(standardDeviation),
        number(rmse),
      ]),
    ]),
  ];
}

function formatIsotonic(figures: readonly IsotonicFigure[]): string {
  return alignColumns([
    ["held out by the run", "rows", "RMSE", "with isotonic"],
    ...figures.map(({ set, rows, rmse, isotonicRmse }) => [set, String(rows), number(rmse), number(isotonicRmse)]),
  ]);
}

function groups(title: string, rows: readonly GroupFigure[]): string {
  return alignColumns([
    [title, "rows", "RMSE"],
    ...rows.map(({ group, rows, rmse }) => [group, String(rows), number(rmse)]),
  ]);
}

const number = (value: number | null) => value === null ? "-" : value.toFixed(3);
const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
