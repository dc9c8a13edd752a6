import { alignColumns } from "../../../cli/output/terminal.ts";
import { markdownTable } from "../table.ts";
import { type Interval, measureScores, type SetFigures, simpleFigures, spearmanOf } from "./figures.ts";
import type { RealCell, RealResult } from "./measure.ts";
import { type Published, published } from "./published.ts";
import type { RealSet } from "./sets.ts";

/** A cell that is measured, with all that its rows in the tables need. */
interface Measured {
  readonly set: RealSet;
  readonly recipe: string;
  readonly result: RealResult;
  readonly figures: SetFigures;
}

type Table = readonly (readonly string[])[];

/**
 * The tables of all cells that are measured, below a line on the machine that they were measured on.
 *
 * @param sets by name
 * @param options.markdown tables for a page instead of the terminal
 */
export function realTables(
  cells: readonly RealCell[],
  results: Readonly<Record<string, RealResult>>,
  sets: ReadonlyMap<string, RealSet>,
  { markdown }: { readonly markdown: boolean },
): string {
  const measured = cells.flatMap(({ name, recipe, files }): Measured[] => {
    const result = results[name], set = sets.get(files.name)!;
    return result
      ? [{ set, recipe: markdown ? `\`${recipe}\`` : recipe, result, figures: measureScores(set, result.scores) }]
      : [];
  });
  if (measured.length === 0) return "Nothing is measured yet.";
  const draw = (table: Table, toLeft: number) => {
    const [head, ...rows] = table;
    return markdown ? markdownTable(head!, rows) : alignColumns(table, toLeft);
  };
  const machines = new Set(measured.map(({ result: { machine } }) => machine));
  return [
    [...machines].map((machine) => `Measured on ${machine}.`).join("\n"),
    draw(setTable(measured), 1),
    ratioLines(measured).join("\n"),
    draw(metricTable(measured), 2),
    ...published.flatMap((figures) => {
      const table = publishedTable(figures, measured);
      return table ? [draw(table, 1), figures.caveat] : [];
    }),
  ].join("\n\n");
}

/** A line a set and recipe. What belongs to the set stands in its first line alone. */
function setTable(measured: readonly Measured[]): Table {
  const head = [
    ...["set", "constant", "metric means", "best baseline"],
    ...["recipe", "RMSE", "95 % interval", "ratio", "Pearson", "Spearman", "seconds"],
  ];
  const rows = measured.map(({ set, recipe, result, figures }, i) => [
    ...(measured[i - 1]?.set === set ? ["", "", "", ""] : [set.name, ...beside(set)]),
    recipe,
    figures.rmse.toFixed(3),
    interval(figures.interval, 3),
    figures.ratio.toFixed(3),
    correlation(figures.pearson),
    correlation(figures.spearman),
    (result.trainSeconds + result.predictSeconds).toFixed(0),
  ]);
  return [head, ...rows];
}

/** RMSE of what recipes are set beside. */
function beside(set: RealSet): string[] {
  const { constant, metricMean } = simpleFigures(set), { bestBaseline: { name, rmse } } = set;
  return [constant.toFixed(3), metricMean.toFixed(3), `${rmse.toFixed(3)} (${name})`];
}

/** For each recipe, how its RMSE compares with the best baselines over all sets. */
function ratioLines(measured: readonly Measured[]): string[] {
  return [...Map.groupBy(measured, ({ recipe }) => recipe)].map(([recipe, own]) => {
    const mean = own.reduce((sum, { figures }) => sum + figures.ratio, 0) / own.length;
    const worst = own.reduce((worst, one) => one.figures.ratio > worst.figures.ratio ? one : worst);
    return `${recipe}: RMSE over that of the best baseline, ${
      own.length === 1 ? "1 set" : `mean of ${own.length} sets`
    } ` +
      `${mean.toFixed(3)}, worst ${worst.figures.ratio.toFixed(3)} (${worst.set.name})`;
  });
}

/** A line a set, metric and recipe. */
function metricTable(measured: readonly Measured[]): Table {
  const head = ["metric", "recipe", "set", "rows", "RMSE", "Pearson", "Spearman"];
  const bySet = [...Map.groupBy(measured, ({ set }) => set)];
  const rows = bySet.flatMap(([set, own]) =>
    set.metrics.flatMap((metric, i) =>
      own.map(({ recipe, figures: { byMetric } }) => {
        const { rows, rmse, pearson, spearman } = byMetric[i]!;
        return [metric, recipe, set.name, String(rows), rmse.toFixed(3), correlation(pearson), correlation(spearman)];
      })
    )
  );
  return [head, ...rows];
}

/** A line a metric: our correlation beside the published one; null where the set is not there, or nothing of it. */
function publishedTable(
  { set: name, model, part, rows, spearman }: Published,
  measured: readonly Measured[],
): Table | null {
  const own = measured.filter(({ set }) => set.name === name), set = own[0]?.set;
  if (!set) return null;
  const inPart = rows(set.test);
  const lines = set.metrics.filter((metric) => metric in spearman).flatMap((metric) => {
    const chosen = inPart.filter((row) => set.test[row]!.metric === metric);
    if (chosen.length < 2) return [];
    const ours = own.map(({ result }) => {
      const { rho, interval: ends } = spearmanOf(set, result.scores, chosen);
      return `${correlation(rho)} (${interval(ends, 2)})`;
    });
    return [[metric, String(chosen.length), ...ours, correlation(spearman[metric]!)]];
  });
  if (lines.length === 0) return null;
  return [[`Spearman on ${part}`, "rows", ...own.map(({ recipe }) => recipe), model], ...lines];
}

const correlation = (value: number | null) => value === null ? "-" : value.toFixed(3);
const interval = ([low, high]: Interval, digits: number) => `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
