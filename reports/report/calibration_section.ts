import { meanInterval } from "../explore/statistics.ts";
import { calibration } from "../figures/run_charts.ts";
import { formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { drawn, namesOf, type ShownRun } from "./shown_run.ts";

/** Parts of the rows, from the lowest prediction to the highest, and rows that a part has at least. */
const parts = 10, leastRows = 5;

/** Whether predictions, their standard deviations and intervals mean what they say. */
export function calibrationSection(runs: readonly ShownRun[]): Section {
  const uncertain = runs.filter(({ scored }) => scored.figures.standardDeviation !== null);
  const without = runs.filter((run) => !uncertain.includes(run)).map(({ label }) => label);
  return {
    id: "calibration",
    title: "Calibration",
    text: "Records with a prediction should score so on average; errors should be as large as the standard deviation " +
      "says; and an interval should hold as many true scores as it is made for. Conformal intervals come from other " +
      `held-out rows than those that they are measured on.${
        without.length === 0 ? "" : ` No standard deviation is given by ${without.join(", ")}.`
      }`,
    figures: [
      meanFigure(runs),
      ...deviationFigure(uncertain),
      ...coverageFigure(runs),
    ],
    tables: [
      table(
        "standard-deviations",
        "Predicted standard deviations",
        [
          "run",
          "squared error / variance:number",
          "mean z²:number",
          "Gaussian NLL:number",
          "|z| < 1:share",
          "|z| < 1.96:share",
        ],
        uncertain.map(({ label, scored: { figures: { standardDeviation: one } } }): Cell[] => [
          label,
          one!.varianceRatio,
          one!.meanSquaredZ,
          one!.gaussianNll,
          one!.withinOne,
          one!.withinTwo,
        ]),
        {
          reading: "z is the error in predicted standard deviations. The first two are 1 where the model is right, " +
            "above 1 where it is too sure; a normal distribution has 68.3 % and 95 % inside.",
        },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

function meanFigure(runs: readonly ShownRun[]): Figure {
  const { range: [low, high] } = runs[0]!;
  const data = drawn(runs).flatMap(({ label, scored: { actual, predicted } }) => {
    const order = [...actual.keys()].sort((a, b) => predicted[a]! - predicted[b]! || a - b);
    const count = Math.min(parts, Math.floor(order.length / leastRows));
    return Array.from({ length: count }, (_, part) => {
      const end = (part: number) => Math.round(part * order.length / count);
      const rows = order.slice(end(part), end(part + 1));
      const { mean, low, high } = meanInterval(rows.map((row) => actual[row]!));
      const x = rows.reduce((sum, row) => sum + predicted[row]!, 0) / rows.length;
      return { x, set: label, value: mean, low: low ?? mean, high: high ?? mean, rows: rows.length };
    });
  });
  const own = data.filter(({ set }) => set === runs[0]!.label);
  const worst = own.toSorted((a, b) => Math.abs(b.value - b.x) - Math.abs(a.value - a.x))[0];
  return {
    id: "mean-calibration",
    title: "Calibration of the mean",
    reading: worst === undefined
      ? "There are too few rows to say."
      : `Where ${runs[0]!.label} predicts ${formatNumber(worst.x)}, records score ${
        formatNumber(worst.value)
      } on average. Points are ${own.length} parts of the rows; no other is farther from the line.`,
    spec: calibration(data, namesOf(runs), { x: "mean prediction", y: "mean true score", domain: [low, high] }),
    data: table(
      "mean-calibration",
      "Calibration of the mean",
      ["mean prediction:number", "run", "mean true score:number", "low:number", "high:number", "rows:count"],
      data.map(({ x, set, value, low, high, rows }) => [x, set, value, low, high, rows]),
    ),
  };
}

function deviationFigure(runs: readonly ShownRun[]): Figure[] {
  if (runs.length === 0) return [];
  const data = drawn(runs).flatMap(({ label, scored: { figures } }) =>
    figures.standardDeviation!.byStandardDeviation.map(({ rows, standardDeviation, rmse }) => {
      // The standard error of a root mean square of normal errors (Ahn, Fessler, 2003).
      const error = 1.96 * rmse / Math.sqrt(2 * rows);
      return {
        x: standardDeviation,
        set: label,
        value: rmse,
        low: Math.max(0, rmse - error),
        high: rmse + error,
        rows,
      };
    })
  );
  const { label, scored: { figures } } = runs[0]!, ratio = Math.sqrt(figures.standardDeviation!.varianceRatio);
  const top = Math.ceil(Math.max(...data.flatMap(({ x, high }) => [x, high])) * 10) / 10;
  return [{
    id: "deviation-calibration",
    title: "Calibration of the standard deviation",
    reading:
      `Errors of ${label} are ${formatNumber(ratio)} times as large as it says. Points are fifths of the rows by ` +
      "predicted standard deviation.",
    spec: calibration(data, namesOf(runs), { x: "predicted standard deviation", y: "RMSE", domain: [0, top] }),
    data: table(
      "deviation-calibration",
      "Calibration of the standard deviation",
      ["predicted standard deviation:number", "run", "RMSE:number", "low:number", "high:number", "rows:count"],
      data.map(({ x, set, value, low, high, rows }) => [x, set, value, low, high, rows]),
    ),
  }];
}

function coverageFigure(runs: readonly ShownRun[]): Figure[] {
  const data = drawn(runs).flatMap(({ label, scored: { figures, coverage } }) => {
    const conformal = coverage.map(({ level, coverage, meanWidth }) => ({
      x: level,
      value: coverage,
      width: meanWidth,
      kind: "conformal",
    }));
    const normal = (figures.standardDeviation?.coverage ?? []).map(({ nominal, found }) => ({
      x: nominal,
      value: found,
      width: null,
      kind: "normal",
    }));
    const both = [...conformal, ...normal], rows = figures.rows;
    return both.map((one) => {
      const error = 1.96 * Math.sqrt(one.value * (1 - one.value) / rows);
      const set = runs.length > 1 ? label : `${one.kind} intervals`;
      return {
        ...one,
        label,
        set,
        low: Math.max(0, one.value - error),
        high: Math.min(1, one.value + error),
      };
    });
  });
  const shown = runs.length > 1 ? data.filter(({ kind }) => kind === "conformal") : data;
  const seen = shown.length > 0 ? shown : data;
  if (seen.length === 0) return [];
  const last = seen.find(({ x }) => x === 0.9) ?? seen[0]!;
  return [{
    id: "coverage",
    title: "Coverage of intervals",
    reading: `Intervals of ${formatShare(last.x)} hold ${formatShare(last.value)} of the true scores${
      last.width === null ? "" : `, and are ${formatNumber(last.width)} wide on average`
    }.`,
    spec: calibration(seen, [...new Set(seen.map(({ set }) => set))], {
      x: "share that intervals should hold",
      y: "share that they hold",
      domain: [0.4, 1],
      format: ".0%",
    }),
    data: table(
      "coverage",
      "Coverage of intervals",
      ["run", "intervals", "should hold:share", "hold:share", "mean width:number"],
      data.map(({ label, kind, x, value, width }) => [label, kind, x, value, width]),
    ),
  }];
}
