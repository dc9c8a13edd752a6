import { misfitProbability } from "../../scoring/fit/misfits.ts";
import { calibration } from "../figures/run_charts.ts";
import { counted, formatShare } from "../numbers.ts";
import type { Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import type { FitRow } from "./reported_run.ts";
import { drawn, type ShownRun } from "./shown_run.ts";

/** Bins of probabilities. */
const bins = 10;

/**
 * Whether the probability that a metric fits a text means what it says: of held-out records, and of the same under metrics
 * drawn at random, which count as much in all.
 */
export function fitSection(runs: readonly ShownRun[]): Section {
  const judged = runs.filter(({ evidence }) => new Set(evidence.map(({ fits }) => fits)).size === 2);
  const others = runs.filter((run) => !judged.includes(run)).map(({ label }) => label);
  const text =
    "A fit model gives each record the probability that its metric fits its text at all. Held-out records count " +
    "as fitting, and the same under metrics drawn at random as not; half of the weight is on either. Some drawn at " +
    "random fit all the same." +
    (others.length === 0 ? "" : ` Without a fit model, or rows that do not fit to judge it by: ${others.join(", ")}.`);
  if (judged.length === 0) return { id: "fit", title: "Fit of metric and text", text, figures: [], tables: [] };
  const data = drawn(judged).flatMap(({ label, evidence }) => fitBins(evidence).map((bin) => ({ ...bin, set: label })));
  const [first] = judged, apart = areaUnderCurve(first!.evidence);
  return {
    id: "fit",
    title: "Fit of metric and text",
    text,
    figures: [{
      id: "fit-calibration",
      title: "Calibration of the probability that a metric fits",
      reading: `Of a record that fits and one that does not, ${first!.label} gives the one that fits the higher ` +
        `probability in ${formatShare(apart)} of all pairs.`,
      spec: calibration(data, drawn(judged).map(({ label }) => label), {
        x: "probability that the metric fits",
        y: "share that fits",
        domain: [0, 1],
      }),
      data: table(
        "fit-calibration",
        "Calibration of the probability that a metric fits",
        ["probability:number", "run", "share that fits:share", "low:share", "high:share", "rows:count"],
        data.map(({ x, set, value, low, high, rows }): Cell[] => [x, set, value, low, high, rows]),
      ),
    }],
    tables: [table(
      "fit-probabilities",
      "Probabilities by kind of record",
      ["run", "records", "rows:count", "mean probability:number"],
      judged.flatMap(({ label, evidence }) =>
        [true, false].map((fits): Cell[] => {
          const own = evidence.filter((row) => row.fits === fits);
          return [
            label,
            fits ? "as they are" : "under a metric drawn at random",
            own.length,
            own.reduce((sum, row) => sum + probabilityOf(row), 0) / own.length,
          ];
        })
      ),
      { reading: `${counted(first!.evidence.length, "row")} of ${first!.label} are judged.` },
    )],
  };
}

/** Half of the rows fit. */
const probabilityOf = ({ ratio }: FitRow) => 1 - misfitProbability(ratio, 0.5);

/** Mean probability and the share that fits by bin, with intervals as of so many rows of equal weight (Wilson, 1927). */
function fitBins(rows: readonly FitRow[]) {
  const fitting = rows.filter(({ fits }) => fits).length, swapped = rows.length - fitting;
  const weightOf = ({ fits }: FitRow) => fits ? 1 / fitting : 1 / swapped;
  const binOf = (row: FitRow) => Math.min(bins - 1, Math.floor(bins * probabilityOf(row)));
  return [...Map.groupBy(rows, binOf)].sort(([a], [b]) => a - b).map(([, own]) => {
    const sum = (of: (row: FitRow) => number) => own.reduce((total, row) => total + of(row), 0);
    const weight = sum(weightOf), value = sum((row) => row.fits ? weightOf(row) : 0) / weight;
    const x = sum((row) => weightOf(row) * probabilityOf(row)) / weight;
    // So many rows of equal weight would be as exact.
    const count = weight ** 2 / sum((row) => weightOf(row) ** 2), z = 1.96;
    const middle = (value + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
    const half = z / (1 + z ** 2 / count) * Math.sqrt(value * (1 - value) / count + z ** 2 / (4 * count ** 2));
    return { x, value, low: Math.max(0, middle - half), high: Math.min(1, middle + half), rows: own.length };
  });
}

/** How often one that fits has the higher probability than one that does not; ties count half (Mann, Whitney, 1947). */
function areaUnderCurve(rows: readonly FitRow[]): number {
  const sorted = rows.map((row) => ({ at: probabilityOf(row), fits: row.fits })).sort((a, b) => a.at - b.at);
  const fitting = sorted.filter(({ fits }) => fits).length;
  let below = 0, wins = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to]!.at === sorted[from]!.at) to++;
    const same = sorted.slice(from, to), own = same.filter(({ fits }) => fits).length;
    wins += own * (below + (same.length - own) / 2);
    below += same.length - own;
    from = to;
  }
  return wins / (fitting * (sorted.length - fitting));
}
