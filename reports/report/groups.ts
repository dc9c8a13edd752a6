import { bootstrapInterval, type GroupFigure } from "../../data/evaluation.ts";
import { scoreClass } from "../../data/scores.ts";
import type { ScoredRows } from "./reported_run.ts";

/** The error of some of a run's rows. */
export interface GroupError extends GroupFigure {
  /** Ends of the 95 % interval of its RMSE; null where there are too few rows. */
  readonly low: number | null;
  readonly high: number | null;
  /** Its rows, the most wrong first. */
  readonly worst: readonly number[];
}

/** A way to part rows, and the word of what they have in common. */
export const kinds = ["score", "metric", "language"] as const;
/** Name of such a way. */
export type Kind = typeof kinds[number];

/** Draws in all that an interval may cost: where there are many rows it is made of fewer. */
const mostDrawn = 1e7, draws = [200, 1000] as const;
/** Of fewer rows, or groups of rows, drawn anew an interval says nothing. */
export const leastRows = 5;

/** RMSE by score, metric or language, as `evaluate` gives it, with intervals; empty where the records are not known. */
export function groupErrors(
  { records, languages, actual, predicted, groups, figures }: ScoredRows,
  kind: Kind,
): GroupError[] {
  const found = { score: figures.byScore, metric: figures.byMetric, language: figures.byLanguage }[kind];
  const names = kind === "score"
    ? Array.from(actual, (score) => String(scoreClass(score)))
    : kind === "metric"
    ? records?.map(({ metric }) => metric)
    : languages;
  if (!names) return [];
  const rowsOf = Map.groupBy(actual.keys(), (row) => names[row]!);
  const wrong = (row: number) => Math.abs(predicted[row]! - actual[row]!);
  return found.map((figure) => {
    const rows = rowsOf.get(figure.group)!, own = groups && rows.map((row) => groups[row]!);
    const enough = new Set(own ?? rows).size >= leastRows;
    const [low, high] = enough
      ? bootstrapInterval(rows.map((row) => predicted[row]!), rows.map((row) => actual[row]!), {
        groups: own,
        draws: Math.max(draws[0], Math.min(draws[1], Math.round(mostDrawn / actual.length))),
      })
      : [null, null];
    return { ...figure, low, high, worst: rows.toSorted((a, b) => wrong(b) - wrong(a)) };
  });
}

/** Groups of a kind whose most wrong records are listed. */
const mostListed = 40;

/** Numbers of the groups whose most wrong records are listed: those with most rows. */
export function listedGroups(errors: readonly GroupError[]): number[] {
  return [...errors.keys()].sort((a, b) => errors[b]!.rows - errors[a]!.rows || a - b).slice(0, mostListed);
}

/** What links name a group of rows by. */
export const groupId = (kind: Kind, number: number): string => `wrong-${kind}-${number}`;
