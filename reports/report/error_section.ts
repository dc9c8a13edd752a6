import { intervalBars } from "../figures/run_charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { labels } from "../visible_text.ts";
import { type GroupError, groupId, type Kind, kinds, leastRows, listedGroups } from "./groups.ts";
import { drawn, namesOf, type ShownRun } from "./shown_run.ts";

/** Bars of a figure: the groups with most rows. */
const mostBars = 20;

/** The errors of all runs by group. */
export type RunErrors = Readonly<Record<Kind, readonly (readonly GroupError[])[]>>;

const words = { score: "true score", metric: "metric", language: "language" } as const;

/** Validation error by score, metric and language, each bar leading to the records that are most wrong. */
export function errorSection(runs: readonly ShownRun[], errors: RunErrors, hasRecords: boolean): Section {
  return {
    id: "errors",
    title: "Errors",
    text: "Root mean squared errors with 95 % intervals of rows drawn anew" +
      `${runs.some(({ scored: { groups } }) => groups) ? ", whole groups of them where the run has groups" : ""}. ${
        hasRecords
          ? "A bar leads to the records that are most wrong. Languages are told by script and by the words that go together."
          : "The records cannot be read any more, so that metrics, languages and texts are left out."
      }`,
    figures: kinds.flatMap((kind) => figure(kind, runs, errors[kind], hasRecords)),
    tables: [
      table(
        "metric-errors",
        "RMSE of every metric",
        ["metric", "run", "rows:count", "RMSE:number", "low:number", "high:number"],
        cells(runs, errors.metric),
        { sortable: true, shown: 200 },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

const cells = (runs: readonly ShownRun[], errors: readonly (readonly GroupError[])[]) =>
  errors.flatMap((own, i) =>
    own.map(({ group, rows, rmse, low, high }): Cell[] => [group, runs[i]!.label, rows, rmse, low, high])
  );

function figure(
  kind: Kind,
  runs: readonly ShownRun[],
  errors: readonly (readonly GroupError[])[],
  hasRecords: boolean,
): Figure[] {
  const lead = errors[0]!;
  if (lead.length === 0) return [];
  // Scores in their order; of others the most frequent, and those that are most wrong above.
  const shown = kind === "score"
    ? lead
    : lead.toSorted((a, b) => b.rows - a.rows).slice(0, mostBars).sort((a, b) => b.rmse - a.rmse);
  const label = labels(shown.map(({ group }) => group), kind === "metric" ? 26 : 34);
  const listed = new Set(hasRecords ? listedGroups(lead) : []);
  const data = shown.flatMap(({ group }, i) =>
    drawn(runs).flatMap(({ label: set }, run) => {
      const found = errors[run]!.find((one) => one.group === group);
      if (!found) return [];
      const { rows, rmse, low, high } = found;
      const number = lead.findIndex((one) => one.group === group);
      const href = listed.has(number) ? `#${groupId(kind, number)}` : null;
      return [{ group, label: label[i]!, set, rows, value: rmse, low: low ?? rmse, high: high ?? rmse, href }];
    })
  );
  const most = lead.filter(({ rows }) => rows >= leastRows).toSorted((a, b) => b.rmse - a.rmse)[0];
  const title = `RMSE by ${words[kind]}`;
  const left = lead.length > shown.length ? ` The ${shown.length} with most rows of ${lead.length} are shown.` : "";
  return [{
    id: `${kind}-errors-figure`,
    title,
    reading: (most === undefined
      ? `No ${words[kind]} has ${leastRows} rows.`
      : `${runs[0]!.label} is most wrong on the ${words[kind]} ${most.group || "(none)"}: ${
        formatNumber(most.rmse)
      } over ${counted(most.rows, "row")}.`) + left,
    spec: intervalBars(data, namesOf(runs), { label: words[kind], value: "RMSE", lying: kind !== "score" }),
    ...(hasRecords ? { links: linksOf(kind, data) } : {}),
    data: table(
      `errors-by-${kind}`,
      title,
      [words[kind], "run", "rows:count", "RMSE:number", "low:number", "high:number"],
      cells(runs, errors),
    ),
  }];
}

/** What the bars lead to. */
const linksOf = (
  kind: Kind,
  data: readonly { readonly href: string | null; readonly group: string; readonly rows: number }[],
) =>
  new Map(
    data.flatMap(({ href, group, rows }) =>
      href === null ? [] : [[href, `Most wrong of ${words[kind]} ${group}, ${counted(rows, "row")}`] as const]
    ),
  );
