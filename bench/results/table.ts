import { type Cell, variants } from "./cells.ts";
import type { CellResult } from "./measure.ts";

/** What is known so far, by the name of the cell. */
export type Results = Readonly<Record<string, CellResult>>;

const heads = { plain: "plain", documented: "as its document has it", fit: "the fit model alone" } as const;

/** The tables of docs/results.md: test RMSE of each recipe, and what is not measured yet left empty. */
export function resultTables(cells: readonly Cell[], results: Results): string {
  const figure = (cell: Cell | undefined) => cell ? results[cell.name]?.rmse.toFixed(3) ?? "" : "-";
  const recipesOf = (
    set: Cell["set"],
  ) => [...new Set(cells.filter((cell) => cell.set === set).map(({ recipe }) => recipe))];
  const find = (wanted: Partial<Cell>) =>
    cells.find((cell) => Object.entries(wanted).every(([key, value]) => cell[key as keyof Cell] === value));
  const sample = recipesOf("sample").map((recipe) => [
    `\`${recipe}\``,
    ...variants.map((variant) => figure(find({ set: "sample", recipe, variant }))),
  ]);
  const fed = recipesOf("fed").map((recipe) => {
    const own = [1, 2, 3].map((seed) => find({ set: "fed", recipe, seed })!);
    const known = own.flatMap(({ name }) => results[name] ?? []).sort((a, b) => a.rmse - b.rmse);
    const middle = known.length === 3 ? known[1]! : null;
    const interval = middle ? middle.interval.map((end) => end.toFixed(3)).join(" to ") : "";
    return [`\`${recipe}\``, ...own.map(figure), middle ? `**${middle.rmse.toFixed(3)}**` : "", interval];
  });
  const ensembles = cells.flatMap(({ name }) => {
    return (results[name]?.beside ?? []).map((one) => [
      name,
      one.name,
      one.rmse.toFixed(3),
      one.interval.map((end) => end.toFixed(3)).join(" to "),
    ]);
  });
  return [
    ...(sample.length > 0 ? [markdownTable(["test RMSE", ...variants.map((variant) => heads[variant])], sample)] : []),
    ...(fed.length > 0 ? [markdownTable(["FED", "seed 1", "seed 2", "seed 3", "median", "95 % interval"], fed)] : []),
    ...(ensembles.length > 0
      ? [markdownTable(["cell", "member, or combined by", "RMSE", "95 % interval"], ensembles)]
      : []),
  ].join("\n\n");
}

/** A table of a Markdown page. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows], widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
