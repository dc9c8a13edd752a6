import { labels } from "../visible_text.ts";
import type { ReportedRun } from "./reported_run.ts";

/** A run with the name that figures and tables have for it. */
export interface ShownRun extends ReportedRun {
  readonly label: string;
}

/** Runs that figures show beside each other; tables have all. */
export const mostDrawn = 6;

/** Runs with the lowest RMSE first, named by the last parts of their folders where those differ. */
export function shownRuns(runs: readonly ReportedRun[]): ShownRun[] {
  const sorted = runs.toSorted((a, b) => a.line.rmse - b.line.rmse);
  const short = sorted.map(({ name }) => name.split(/[\\/]/).filter((part) => part !== "").at(-1) ?? name);
  const names = labels(new Set(short).size === short.length ? short : sorted.map(({ name }) => name), 30);
  return sorted.map((run, i) => ({ ...run, label: names[i]! }));
}

/** Those that figures show. */
export const drawn = <Run>(runs: readonly Run[]): readonly Run[] => runs.slice(0, mostDrawn);

/** The names of the runs that figures show. */
export const namesOf = (runs: readonly ShownRun[]): string[] => drawn(runs).map(({ label }) => label);

/** Says that figures leave runs out; "" where they have all. */
export const leftOut = (runs: readonly unknown[]): string =>
  runs.length > mostDrawn ? ` Figures show the ${mostDrawn} runs with the lowest RMSE, tables all ${runs.length}.` : "";
