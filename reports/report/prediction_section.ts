import { scoreClass } from "../../data/scores.ts";
import { histogram } from "../figures/charts.ts";
import { shares } from "../figures/run_charts.ts";
import { formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { table } from "../table.ts";
import { drawn, namesOf, type ShownRun } from "./shown_run.ts";

/** Bins of residuals over twice the scale. */
const residualBins = 40;
/** Classes of a scale from which on they would not be told apart. */
const mostClasses = 25;

/** What several runs predicted of each true score, and how far off it is. */
export function predictionSection(runs: readonly ShownRun[]): Section {
  return { id: "predictions", title: "Predictions", text, figures: predictionFigures(runs), tables: [] };
}

const text =
  "Residuals are predicted less true scores. A model that knows little predicts near the mean: its low scores " +
  "come out too high, and its high ones too low.";

/** Predicted against true scores of each run, and the residuals of all. */
export function predictionFigures(runs: readonly ShownRun[]): Figure[] {
  return [...drawn(runs).map((run, i) => ({ ...againstTrue(run, i), tall: runs.length === 1 })), residuals(runs)];
}

function againstTrue(run: ShownRun, i: number): Figure {
  const { label, range: [low, high], scored: { actual, predicted } } = run;
  // Scales other than 0 to 10 may have many whole numbers, or hardly any.
  const step = Math.max(1, Math.ceil((high - low) / mostClasses));
  const classOf = (score: number) => step * Math.round(scoreClass(score) / step);
  const classes = Array.from(
    { length: (classOf(high) - classOf(low)) / step + 1 },
    (_, class_) => classOf(low) + step * class_,
  );
  const counts = new Map<string, number>(), of = new Map<number, number>();
  actual.forEach((score, row) => {
    const key = `${classOf(score)} ${classOf(predicted[row]!)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    of.set(classOf(score), (of.get(classOf(score)) ?? 0) + 1);
  });
  const cells = classes.flatMap((from) =>
    classes.flatMap((to) => {
      const count = counts.get(`${from} ${to}`) ?? 0;
      return count === 0 ? [] : [{ x: String(from), y: String(to), count, value: count / of.get(from)! }];
    })
  );
  const near = actual.reduce((sum, score, row) => sum + (Math.abs(predicted[row]! - score) <= step ? 1 : 0), 0);
  const title = `Predicted against true: ${label}`;
  return {
    id: `predicted-${i + 1}`,
    title,
    reading:
      `${formatShare(near / actual.length)} of the predictions are within ${step} of the true score. A column holds ` +
      `the records of a true score; a perfect model has all in the frames.`,
    spec: shares(cells, classes.map(String), {
      x: "true score",
      y: "predicted",
      value: "share of the true score's records",
    }),
    data: table(
      `predicted-${i + 1}`,
      title,
      ["true score", "predicted", "records:count", "share:share"],
      cells.map(({ x, y, count, value }) => [x, y, count, value]),
    ),
  };
}

function residuals(runs: readonly ShownRun[]): Figure {
  const { range: [low, high] } = runs[0]!, width = 2 * (high - low) / residualBins;
  const data = drawn(runs).flatMap(({ label, scored: { actual, predicted } }) => {
    const counts = new Array<number>(residualBins).fill(0);
    actual.forEach((score, row) => {
      const bin = Math.floor((predicted[row]! - score) / width + residualBins / 2);
      counts[Math.max(0, Math.min(residualBins - 1, bin))]!++;
    });
    return counts.map((count, bin) => ({
      low: (bin - residualBins / 2) * width,
      high: (bin + 1 - residualBins / 2) * width,
      set: label,
      count,
      value: count / actual.length,
    }));
  });
  const { label, scored: { figures: { bias, mae } } } = runs[0]!;
  return {
    id: "residuals",
    title: "Residuals",
    reading: `${label} predicts ${formatNumber(Math.abs(bias))} too ${
      bias > 0 ? "high" : "low"
    } on average, and is off by ${formatNumber(mae)} in the mean.`,
    spec: histogram(data, namesOf(runs), { x: "predicted less true", y: "share of the rows" }),
    data: table(
      "residuals",
      "Residuals",
      ["from:number", "to:number", "run", "rows:count", "share:share"],
      data.filter(({ count }) => count > 0).map(({ low, high, set, count, value }) => [low, high, set, count, value]),
    ),
  };
}
