import { writeAtomically } from "../engine/files/files.ts";
import { DataError } from "../kernels/errors.ts";
import { readJsonValue } from "../data/files/json_value.ts";
import { pairAccuracy } from "../data/pairs/preferred.ts";
import { bootstrapInterval, mae, rmse } from "../data/evaluation.ts";

/** Figures of a run on a set of rows, beside those of two simple predictors. */
export interface SetFigure {
  /** "validation", "mismatched validation", "near misses", "sample test". */
  readonly set: string;
  /** How many rows it has. */
  readonly rows: number;
  /** RMSE of the run. */
  readonly rmse: number;
  /** Interval that holds the RMSE of 95 % of draws of as many rows, or groups of rows; absent in a run of an earlier version and where there are fewer than five groups. */
  readonly rmseInterval?: readonly [low: number, high: number];
  /** Mean absolute error of the run. */
  readonly mae: number;
  /** RMSE of always predicting the train rows' mean score. */
  readonly constant: number;
  /** Mean absolute error of that. */
  readonly constantMae: number;
  /** RMSE of ridge regression on the run's inputs; null where there is none. */
  readonly ridge: number | null;
  /** Mean absolute error of that. */
  readonly ridgeMae: number | null;
  /** RMSE of predicting the mean score of each metric's train rows; absent where it is not known. */
  readonly metricMean?: number;
  /** Where answers were compared, how often they are ranked as they were judged. */
  readonly pairs?: PairFigure;
}

/** How often pairs of answers are ranked as they were judged. */
export interface PairFigure {
  /** How many pairs there are. */
  readonly count: number;
  /** Share that the run ranks so; ties count half. */
  readonly accuracy: number;
  /** Share that ridge regression on the run's inputs ranks so; null where there is none. */
  readonly ridge: number | null;
}

/** Measures how scores rank pairs. @param preferredTo for each row the number of the one that it was preferred to; -1 for none */
export function pairFigure(
  score: ArrayLike<number>,
  ridge: ArrayLike<number> | null,
  preferredTo: Int32Array,
): PairFigure {
  const { pairs: count, accuracy } = pairAccuracy(score, preferredTo);
  return { count, accuracy, ridge: ridge && pairAccuracy(ridge, preferredTo).accuracy };
}

/** What stands beside a run's predictions. */
export interface Baselines {
  /** Mean score of the train rows. */
  readonly trainMean: number;
  /** Predictions of ridge regression on the run's inputs; null where there is none. */
  readonly ridge: ArrayLike<number> | null;
  /** Mean score of each row's metric over the train rows, and of all of them for a metric that they lack. */
  readonly metricMean?: ArrayLike<number>;
}

/** Of fewer groups drawn anew an interval says nothing. */
const leastGroups = 5;

/**
 * The 95 % interval of an RMSE, over whole groups where rows have groups.
 *
 * @param groups numbers of the rows' groups; null where rows are independent
 * @returns null for fewer than five groups
 */
export function groupedRmseInterval(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  groups: ArrayLike<number> | null,
): [low: number, high: number] | null {
  if (groups && new Set(Array.from(groups)).size < leastGroups) return null;
  return bootstrapInterval(predicted, truth, { groups });
}

/** Measures predictions of a set and what stands beside them. @param groups numbers of the rows' groups, if they have any */
export function setFigure(
  set: string,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  baselines: Baselines,
  groups: ArrayLike<number> | null = null,
): SetFigure {
  const rmseInterval = groupedRmseInterval(predicted, truth, groups);
  return {
    set,
    rows: truth.length,
    rmse: rmse(predicted, truth),
    ...(rmseInterval && { rmseInterval }),
    mae: mae(predicted, truth),
    ...baselineFigures(truth, baselines),
    ...(baselines.metricMean ? { metricMean: rmse(baselines.metricMean, truth) } : {}),
  };
}

/** Errors of the baselines on rows. */
export function baselineFigures(
  truth: ArrayLike<number>,
  { trainMean, ridge }: Baselines,
): Pick<SetFigure, "constant" | "constantMae" | "ridge" | "ridgeMae"> {
  const constant = Array.from(truth, () => trainMean);
  return {
    constant: rmse(constant, truth),
    constantMae: mae(constant, truth),
    ridge: ridge && rmse(ridge, truth),
    ridgeMae: ridge && mae(ridge, truth),
  };
}

/** RMSE over the rows of several sets together; null where it is not known of one of them. */
export function pooledRmse(sets: readonly { readonly rows: number; readonly rmse: number | null }[]): number | null {
  if (sets.some(({ rmse }) => rmse === null)) return null;
  const total = sets.reduce((sum, { rows }) => sum + rows, 0);
  const squares = sets.reduce((sum, { rows, rmse }) => sum + rows * rmse! ** 2, 0);
  return total > 0 ? Math.sqrt(squares / total) : null;
}

/** Writes figures as JSON. */
export async function writeFigures(path: string, figures: readonly SetFigure[]): Promise<void> {
  await writeAtomically(path, JSON.stringify(figures, null, 2) + "\n");
}

/** Reads what `writeFigures` wrote. @returns null where there is none, as in a run of an earlier version @throws DataError when it is damaged */
export async function readFigures(path: string): Promise<SetFigure[] | null> {
  if (!await Deno.stat(path).then(() => true, () => false)) return null;
  const { value: figures } = await readJsonValue(path, "the figures of a run");
  if (Array.isArray(figures) && figures.every(isFigure)) return figures;
  throw new DataError(`${path} holds no list of figures.`);
}

function isFigure(value: unknown): value is SetFigure {
  const { set, rows, rmse, mae, constant, constantMae, ridge, ridgeMae } = (value ?? {}) as Partial<SetFigure>;
  return typeof set === "string" && [rows, rmse, mae, constant, constantMae].every(Number.isFinite) &&
    [ridge, ridgeMae].every((figure) => (figure ?? null) === null || Number.isFinite(figure));
}
