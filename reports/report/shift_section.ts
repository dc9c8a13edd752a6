import { meanScore } from "../../data/evaluation.ts";
import { fromStandard, scoreClass } from "../../data/scores.ts";
import { shiftNames } from "../../scoring/shift/names.ts";
import { shiftFigures } from "../../scoring/shift/measure_shifts.ts";
import { scaleShiftFigure } from "../../scoring/score_scale.ts";
import { bars } from "../figures/charts.ts";
import { formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { drawn, type ShownRun } from "./shown_run.ts";

/** The most classes that have a bar of their own. */
const mostClasses = 25;

/** Scores before and after they are allowed for rows that score otherwise than those of training. */
export function shiftSection(runs: readonly ShownRun[]): Section {
  const rows = runs.flatMap(({ label, range, shifts, shifted }) =>
    // Of folds all rows together.
    (shifts.length > 0
      ? shifts
      : shifted.length === 0
      ? []
      : shiftFigures(shifted).map((one) => scaleShiftFigure(one, range)))
      .map(({ shift, validation, mismatched, mixed }): Cell[] => [label, shift, validation, mismatched, mixed])
  );
  return {
    id: "shift",
    title: "Shift",
    text:
      "Records may score otherwise than those of training, such as when many of their metrics do not fit. --shift of " +
      "predict and evaluate estimates how, and corrects the scores. Held-out rows are scored in two halves, each by what " +
      "the other tells of the run; mixed rows are three of them to two under metrics that do not fit.",
    figures: drawn(runs).flatMap(distributionFigure),
    tables: [
      table(
        "shift",
        "RMSE by --shift",
        ["run", "shift", "validation:number", "mismatched:number", "mixed:number"],
        rows,
        { shown: 60, reading: rows.length === 0 ? "" : best(rows) },
      ),
    ].filter((one) => one.rows.length > 0),
  };
}

function best(rows: readonly (readonly Cell[])[]): string {
  const run = rows[0]![0], own = rows.filter(([label]) => label === run), column = own[0]![4] === null ? 2 : 4;
  const least = own.reduce((a, b) => Number(b[column]) < Number(a[column]) ? b : a);
  return `Of ${run}, ${least[1]} has the lowest RMSE on ${column === 2 ? "validation" : "mixed"} rows: ${
    formatNumber(Number(least[column]))
  }.`;
}

function distributionFigure(run: ShownRun, i: number): Figure[] {
  const found = scoresOf(run);
  if (!found) return [];
  const { series, of } = found,
    counts = series.map(({ scores }) => {
      const shares = new Map<number, number>();
      for (const score of scores) {
        shares.set(scoreClass(score), (shares.get(scoreClass(score)) ?? 0) + 1 / scores.length);
      }
      return shares;
    });
  const classes = [...new Set(counts.flatMap((own) => [...own.keys()]))].sort((a, b) => a - b);
  if (classes.length > mostClasses) return [];
  const data = classes.flatMap((one) =>
    series.map(({ set }, j) => ({ label: String(one), set, value: counts[j]!.get(one) ?? 0 }))
  );
  const mean = (j: number) => formatNumber(meanScore(series[j]!.scores));
  const title = `Scores before and after correction: ${run.label}`;
  return [{
    id: `shift-${i + 1}`,
    title,
    reading: `Of ${of}, the mean score is ${mean(0)}; predicted are ${mean(1)} before, and ${
      mean(2)
    } after correction.`,
    spec: bars(data, series.map(({ set }) => set), { x: "score", y: "share of the rows", format: ".0%" }),
    data: table(
      `shift-${i + 1}`,
      title,
      ["score", "scores", "share:share"],
      data.map(({ label, set, value }) => [label, set, value]),
    ),
  }];
}

/** True scores and those before and after correction: of the records that were scored, else of held-out rows. */
function scoresOf({ scored: { actual, predicted, unshifted }, shifted, range }: ShownRun) {
  const named = (truth: ArrayLike<number>, before: ArrayLike<number>, after: ArrayLike<number>) => [
    { set: "true", scores: Array.from(truth) },
    { set: "before", scores: Array.from(before) },
    { set: "after", scores: Array.from(after) },
  ];
  if (unshifted) return { of: "the records", series: named(actual, unshifted, predicted) };
  const set = shifted.some(({ set }) => set === "mixed") ? "mixed" : "validation";
  const rows = shifted.filter((row) => row.set === set), scale = (score: number) => fromStandard(score, range);
  if (rows.length === 0) return null;
  const by = (name: typeof shiftNames[number]) => rows.map(({ predicted }) => scale(predicted[name]));
  return {
    of: set === "mixed" ? "held-out rows, two of five under metrics that do not fit" : "held-out rows",
    series: named(rows.map(({ score }) => scale(score)), by("none"), by("auto")),
  };
}
