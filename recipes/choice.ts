import { writeAtomically } from "../engine/files/files.ts";

/**
 * Kinds of target records that a choice is made for: training has their metric, or lacks it; or it lacks the script that
 * their response is written in, whatever their metric.
 */
export const choiceRegimes = ["seen", "unseen", "script"] as const;
/** Name of such a kind. */
export type ChoiceRegime = (typeof choiceRegimes)[number];

/** What a recipe that chooses has chosen for one kind of target records, and by what. */
export interface RegimeChoice {
  /** Train rows that candidates were judged on, each by a fit to other groups (or metrics) of rows; 0 where there were none. */
  readonly rows: number;
  /** Different metrics of those rows. */
  readonly metrics: number;
  /** RMSE of each candidate on them, the simplest first; null where nothing was judged. */
  readonly rmse: readonly (number | null)[];
  /** Name of the candidate that was taken. */
  readonly chosen: string;
  /** Weight of each candidate in what is taken; together 1. */
  readonly weights: readonly number[];
}

/** Metrics from which on there is enough of them to say how metrics that training lacks are scored best. */
export const enoughMetrics = 10;

/** What was chosen for each kind of target records. */
export interface Choice {
  /** Names of the candidates, the simplest first. */
  readonly candidates: readonly string[];
  /** By kind of target records. */
  readonly regimes: Readonly<Record<ChoiceRegime, RegimeChoice>>;
}

/** Writes a choice as JSON. */
export async function writeChoice(path: string, choice: Choice): Promise<void> {
  await writeAtomically(path, JSON.stringify(choice, null, 2) + "\n");
}

/** Says in a sentence what was taken for a kind of records, and why. */
export function describeChoice({ candidates, regimes }: Choice, regime: ChoiceRegime): string {
  const { rmse, chosen, rows, metrics } = regimes[regime], at = candidates.indexOf(chosen);
  const errors = candidates.map((name, i) => ({ name, rmse: rmse[i] ?? Infinity }));
  const figure = (one: { readonly name: string; readonly rmse: number }) => `${one.name} (${one.rmse.toFixed(3)})`;
  if (rows === 0) {
    const other = regime === "seen" ? "metrics that it lacks" : "metrics that it has";
    return `${chosen} was taken, as for ${other}: there was nothing to judge others on.`;
  }
  const best = errors.reduce((a, b) => b.rmse < a.rmse ? b : a), simpler = errors.slice(0, at);
  const next = simpler.length > 0 ? simpler.reduce((a, b) => b.rmse < a.rmse ? b : a) : null;
  if (regime === "unseen" && metrics < enoughMetrics && regimes.seen.rows > 0) {
    return `${chosen} was taken, as for metrics that it has: ${metrics} metrics are too few to judge by.`;
  }
  const why = best.name === chosen
    ? next &&
      `its error on held-out rows is the lowest, and that of what is simpler higher by more than a standard error`
    : `${figure(best)} is not better by more than a standard error`;
  return `${figure(errors[at]!)} was taken${why ? `: ${why}` : ""}.`;
}
