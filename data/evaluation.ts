import { Philox } from "../kernels/philox.ts";
import { scoreClass } from "./scores.ts";

/** Root of the mean squared difference. NaN for no rows. */
export function rmse(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return Math.sqrt(meanOf(actual.length, (i) => (predicted[i]! - actual[i]!) ** 2));
}

/** Mean absolute difference. */
export function mae(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return meanOf(actual.length, (i) => Math.abs(predicted[i]! - actual[i]!));
}

/** Mean of predicted - actual: above 0 where scores come out too high. */
export function bias(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return meanOf(actual.length, (i) => predicted[i]! - actual[i]!);
}

/** Pearson's correlation; NaN where one side does not vary. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const deviationsA = deviations(a), deviationsB = deviations(b);
  const products = (x: Float64Array, y: Float64Array) => meanOf(x.length, (i) => x[i]! * y[i]!);
  return products(deviationsA, deviationsB) /
    Math.sqrt(products(deviationsA, deviationsA) * products(deviationsB, deviationsB));
}

/** Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b));
}

/** A figure of some of the rows. */
export interface GroupFigure {
  /** What the rows have in common. */
  readonly group: string;
  /** How many there are. */
  readonly rows: number;
  /** RMSE over them. */
  readonly rmse: number;
}

/** RMSE of each group of rows, in the order in which the groups first appear. */
export function rmseByGroup(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  groups: readonly string[],
): GroupFigure[] {
  const members = Map.groupBy(groups.map((group, row) => ({ group, row })), ({ group }) => group);
  return [...members].map(([group, rows]) => ({
    group,
    rows: rows.length,
    rmse: Math.sqrt(meanOf(rows.length, (i) => (predicted[rows[i]!.row]! - actual[rows[i]!.row]!) ** 2)),
  }));
}

/** How well scores order and follow the true ones among some of the rows. */
export interface GroupCorrelation {
  /** What the rows have in common. */
  readonly group: string;
  /** How many there are. */
  readonly rows: number;
  /** Pearson's correlation; 0 where only the predictions are constant, null where the true scores are. */
  readonly pearson: number | null;
  /** Spearman's correlation, likewise. */
  readonly spearman: number | null;
}

/**
 * Correlations within each group of rows, in the order in which the groups first appear. Within a metric they leave out
 * what the mean scores of the metrics alone explain.
 */
export function correlationsByGroup(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  groups: readonly string[],
): GroupCorrelation[] {
  const members = Map.groupBy(groups.map((group, row) => ({ group, row })), ({ group }) => group);
  return [...members].map(([group, rows]) => {
    const of = (values: ArrayLike<number>) => rows.map(({ row }) => values[row]!);
    const ours = of(predicted), truth = of(actual), constant = truth.every((score) => score === truth[0]);
    const defined = (value: number) => constant ? null : Number.isNaN(value) ? 0 : value;
    return {
      group,
      rows: rows.length,
      pearson: defined(pearson(ours, truth)),
      spearman: defined(spearman(ours, truth)),
    };
  });
}

/** Share of the rows whose score, rounded, is of the true score's class. NaN for no rows. */
export function accuracy(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return meanOf(actual.length, (i) => scoreClass(predicted[i]!) === scoreClass(actual[i]!) ? 1 : 0);
}

/** RMSE of each class of true scores, from low to high. */
export function rmseByScore(predicted: ArrayLike<number>, actual: ArrayLike<number>): GroupFigure[] {
  const classes = Array.from(actual, (score) => String(scoreClass(score)));
  return rmseByGroup(predicted, actual, classes).sort((a, b) => Number(a.group) - Number(b.group));
}

/** How a bootstrap interval is made. */
export interface BootstrapOptions {
  /** Share of the draws inside; 0.95 by default. */
  readonly level?: number;
  /** How often rows are drawn anew; 1000 by default. */
  readonly draws?: number;
  /** Seed of the draws; 1 by default. */
  readonly seed?: number;
  /** A number for each row: rows of one group are drawn together. Without it rows are taken to be independent. */
  readonly groups?: ArrayLike<number> | null;
}

/**
 * Interval that holds the RMSE of rows, or of groups of rows, drawn anew with replacement, by percentiles of such draws.
 *
 * @see Efron, Tibshirani, "An introduction to the bootstrap" (1993), chapter 13
 */
export function bootstrapInterval(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  { level = 0.95, draws = 1000, seed = 1, groups = null }: BootstrapOptions = {},
): [low: number, high: number] {
  const squares = squaredErrors(predicted, actual);
  if (groups) return groupedInterval(squares, groups, { level, draws, seed });
  return percentiles(
    seed,
    draws,
    level,
    (random) => Math.sqrt(meanOf(squares.length, () => squares[random.integer(squares.length)]!)),
  );
}

function groupedInterval(
  squares: Float64Array,
  groups: ArrayLike<number>,
  { level, draws, seed }: Required<Omit<BootstrapOptions, "groups">>,
): [low: number, high: number] {
  const members = [...Map.groupBy(squares.keys(), (row) => groups[row]!).values()];
  const sums = members.map((rows) => rows.reduce((sum, row) => sum + squares[row]!, 0));
  return percentiles(seed, draws, level, (random) => {
    let sum = 0, rows = 0;
    for (let i = 0; i < members.length; i++) {
      const group = random.integer(members.length);
      sum += sums[group]!;
      rows += members[group]!.length;
    }
    return Math.sqrt(sum / rows);
  });
}

/**
 * Interval that holds how much greater the RMSE of some predictions is than that of others, both on the same rows drawn
 * anew with replacement: errors that the two share cancel.
 *
 * @see Efron, Tibshirani, "An introduction to the bootstrap" (1993), chapter 13
 */
export function pairedBootstrapInterval(
  predicted: ArrayLike<number>,
  other: ArrayLike<number>,
  actual: ArrayLike<number>,
  { level = 0.95, draws = 1000, seed = 1 } = {},
): [low: number, high: number] {
  const squares = squaredErrors(predicted, actual), others = squaredErrors(other, actual);
  return percentiles(seed, draws, level, (random) => {
    let sum = 0, otherSum = 0;
    for (let i = 0; i < squares.length; i++) {
      const row = random.integer(squares.length);
      sum += squares[row]!;
      otherSum += others[row]!;
    }
    return Math.sqrt(sum / squares.length) - Math.sqrt(otherSum / squares.length);
  });
}

/**
 * Interval of a figure when whole groups of rows, such as conversations, are drawn anew with replacement. Rows of a group
 * have errors in common, which an interval over single rows does not allow for.
 *
 * @param groups number of each row's group
 * @param figure what is computed of the rows of a draw; a row counts as often as it occurs
 * @param options.level share of the draws inside
 * @returns percentiles of the draws
 * @see Davison, Hinkley, "Bootstrap methods and their application" (1997), section 3.8
 *
 * @example
 * const interval = groupBootstrapInterval(conversations, (rows) =>
 *   rmse(rows.map((row) => predicted[row]!), rows.map((row) => actual[row]!)));
 */
export function groupBootstrapInterval(
  groups: ArrayLike<number>,
  figure: (rows: readonly number[]) => number,
  { level = 0.95, draws = 1000, seed = 1 } = {},
): [low: number, high: number] {
  const members = [...Map.groupBy(Array.from(groups, (_, row) => row), (row) => groups[row]!).values()];
  return percentiles(
    seed,
    draws,
    level,
    (random) => figure(members.flatMap(() => members[random.integer(members.length)]!)),
  );
}

function squaredErrors(predicted: ArrayLike<number>, actual: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: actual.length }, (_, i) => (predicted[i]! - actual[i]!) ** 2);
}

/** The middle part of what draws come to. */
function percentiles(
  seed: number,
  draws: number,
  level: number,
  draw: (random: Philox) => number,
): [low: number, high: number] {
  const random = new Philox(seed, 0xb007);
  const figures = Float64Array.from({ length: draws }, () => draw(random));
  figures.sort();
  const at = (share: number) => figures[Math.min(Math.floor(share * draws), draws - 1)]!;
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/** Mean of a sequence. */
export function meanScore(scores: ArrayLike<number>): number {
  return meanOf(scores.length, (i) => scores[i]!);
}

function meanOf(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum / count;
}

/** Differences from the mean, taken from the first value so that rounding leaves none where nothing varies. */
function deviations(values: ArrayLike<number>): Float64Array {
  const shifted = Float64Array.from(values, (value) => value - values[0]!);
  const mean = meanOf(shifted.length, (i) => shifted[i]!);
  return shifted.map((value) => value - mean);
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(order.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) result[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return result;
}
