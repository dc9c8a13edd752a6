import { MetrogradError } from "../../kernels/errors.ts";
import { defaultAlphas, Ridge } from "../../recipes/classical/ridge.ts";

/** Ways to make one score of the members' scores. */
export const combineNames = ["mean", "inverse-error", "weighted", "stacked"] as const;
/** Name of a way to make one score of the members' scores. */
export type CombineName = (typeof combineNames)[number];

/** Validation rows as each member scores them; the member had not seen them. */
export interface MemberScores {
  /** Of each member its scores, [members][rows]. */
  readonly scores: readonly ArrayLike<number>[];
  /** True scores, [rows]. */
  readonly truth: ArrayLike<number>;
  /** How much each row counts, [rows]. */
  readonly weight: ArrayLike<number>;
}

/** How a combination is fitted. */
export interface CombineOptions {
  /** The way. */
  readonly name: CombineName;
  /** "weighted": how strongly weights are held to equal ones. */
  readonly evenness: number;
  /** "stacked": the penalty; null searches for it. */
  readonly alpha: number | null;
}

/** score = intercept + Σ weight · score of the member. */
export interface Combination {
  /** [members] */
  readonly weights: readonly number[];
  /** Added to every score. */
  readonly intercept: number;
}

/** Parts of the rows that take turns when a combination is measured on rows that it was not fitted to. */
const parts = 5;

/**
 * Fits how members are combined.
 *
 * "mean" weighs all alike; "inverse-error" by 1 / mean squared error; "weighted" by the weights, none below 0 and 1 in all,
 * with the least squared error; "stacked" by ridge regression on the members' scores.
 *
 * @throws MetrogradError when there are no members or no row counts
 * @see Wolpert, "Stacked generalization" (1992); van der Laan, Polley, Hubbard, "Super Learner" (2007)
 */
export function fitCombination(rows: MemberScores, { name, evenness, alpha }: CombineOptions): Combination {
  const members = rows.scores.length, even = new Array<number>(members).fill(1 / members);
  if (members === 0) throw new MetrogradError("An ensemble has no members; at least one is expected.");
  if (name === "mean") return { weights: even, intercept: 0 };
  const total = sum(rows.weight);
  if (!(total > 0)) throw new MetrogradError("There are no validation rows to weigh the members of an ensemble by.");
  if (name === "stacked") return stack(rows, alpha);
  const products = errorProducts(rows, total);
  // A member without any error would take all the weight there is.
  if (name === "weighted") return { weights: simplexLeastSquares(products, evenness), intercept: 0 };
  const inverse = products.map((row, i) => 1 / Math.max(row[i]!, 1e-12));
  return { weights: inverse.map((one) => one / sum(inverse)), intercept: 0 };
}

/**
 * Scores of rows by combinations that were fitted without them.
 *
 * @param part which part each row belongs to; each part is scored by a combination of the others
 */
export function crossCombine(rows: MemberScores, options: CombineOptions, part: ArrayLike<number>): Float64Array {
  const combined = new Float64Array(rows.truth.length), all = [...combined.keys()];
  for (const [left, fitted] of crossFit(rows, options, part)) {
    const own = all.filter((row) => part[row] === left);
    combine(pick(rows, own).scores, fitted).forEach((score, i) => combined[own[i]!] = score);
  }
  return combined;
}

/** For each part a combination that is fitted to the rows of the others. @param part which part each row belongs to */
export function crossFit(
  rows: MemberScores,
  options: CombineOptions,
  part: ArrayLike<number>,
): ReadonlyMap<number, Combination> {
  const all = [...Array(rows.truth.length).keys()];
  return new Map([...new Set(Array.from(part))].map((left) => {
    return [left, fitCombination(pick(rows, all.filter((row) => part[row] !== left)), options)];
  }));
}

/** The part of each row where nothing else divides rows; fewer parts where there are fewer rows. */
export function partsOf(rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => row % Math.min(parts, rows));
}

/** Combines the members' scores, [members][rows], to [rows]. */
export function combine(scores: readonly ArrayLike<number>[], { weights, intercept }: Combination): Float64Array {
  return Float64Array.from(
    { length: scores[0]?.length ?? 0 },
    (_, row) => scores.reduce((total, own, member) => total + weights[member]! * own[row]!, intercept),
  );
}

/**
 * Standard deviations of combined scores, as of a mixture: the members' own variances and how far apart the members are,
 * √(Σ share (deviation² + (score - mean)²)), where a share is the member's part of the weights without their signs.
 *
 * @param standardDeviations standard deviation that each member gives its scores, [members][rows]
 * @returns [rows]
 */
export function combinedStandardDeviation(
  scores: readonly ArrayLike<number>[],
  standardDeviations: readonly ArrayLike<number>[],
  { weights }: Combination,
): Float64Array {
  const sizes = weights.map(Math.abs), total = sum(sizes);
  const shares = sizes.map((one) => total > 0 ? one / total : 1 / sizes.length);
  const mean = combine(scores, { weights: shares, intercept: 0 });
  return mean.map((center, row) =>
    Math.sqrt(
      shares.reduce(
        (sum, share, i) => sum + share * (standardDeviations[i]![row]! ** 2 + (scores[i]![row]! - center) ** 2),
        0,
      ),
    )
  );
}

/**
 * Weights w that minimise wᵀ A w + evenness Σ (w - 1/n)², none below 0 and 1 in all; weight moves between the two members
 * where that gains most, until nothing is gained.
 *
 * @param products A, [members][members], symmetric and positive semi-definite
 * @see Platt, "Sequential minimal optimization" (1998), which moves two multipliers at a time in the same way
 */
export function simplexLeastSquares(products: readonly (readonly number[])[], evenness: number): number[] {
  const size = products.length, weights = new Array<number>(size).fill(1 / size);
  const at = (i: number, j: number) => products[i]![j]! + (i === j ? evenness : 0);
  const scale = Math.max(...products.map((row, i) => row[i]!), Number.MIN_VALUE);
  for (let step = 0; step < 1000 * size; step++) {
    const slope = weights.map((_, i) => weights.reduce((sum, one, j) => sum + at(i, j) * one, -evenness / size));
    let to = 0, from = -1;
    for (let i = 0; i < size; i++) {
      if (slope[i]! < slope[to]!) to = i;
      if (weights[i]! > 0 && (from < 0 || slope[i]! > slope[from]!)) from = i;
    }
    const gain = slope[from]! - slope[to]!;
    if (!(gain > 1e-12 * scale)) break;
    const curve = at(to, to) + at(from, from) - 2 * at(to, from);
    const moved = curve > 0 ? Math.min(gain / curve, weights[from]!) : weights[from]!;
    weights[to]! += moved;
    weights[from] = moved === weights[from] ? 0 : weights[from]! - moved;
  }
  return weights;
}

function stack({ scores, truth, weight }: MemberScores, given: number | null): Combination {
  const members = scores.length, all = [...Array(truth.length).keys()], part = partsOf(truth.length);
  const rowsOf = (rows: readonly number[]) => ({
    x: {
      data: Float64Array.from(rows.flatMap((row) => scores.map((own) => own[row]!))),
      rows: rows.length,
      columns: members,
    },
    y: Float64Array.from(rows, (row) => truth[row]!),
    weight: Float64Array.from(rows, (row) => weight[row]!),
  });
  const errorOf = (alpha: number) =>
    [...new Set(part)].reduce((total, left) => {
      const own = rowsOf(all.filter((row) => part[row] === left));
      const predicted = Ridge.fit(rowsOf(all.filter((row) => part[row] !== left)), alpha).predict(own.x);
      return total + predicted.reduce((sum, score, i) => sum + own.weight[i]! * (score - own.y[i]!) ** 2, 0);
    }, 0);
  const errors = given === null ? defaultAlphas.map(errorOf) : [];
  const alpha = given ?? defaultAlphas[errors.indexOf(Math.min(...errors))] ?? 1;
  const { coef, intercept } = Ridge.fit(rowsOf(all), alpha);
  return { weights: [...coef], intercept };
}

/** Weighted mean of the products of two members' errors, [members][members]. */
function errorProducts({ scores, truth, weight }: MemberScores, total: number): number[][] {
  const errors = scores.map((own) => Float64Array.from(truth, (score, row) => own[row]! - score));
  return errors.map((a) =>
    errors.map((b) => a.reduce((sum, error, row) => sum + weight[row]! * error * b[row]!, 0) / total)
  );
}

function pick({ scores, truth, weight }: MemberScores, rows: readonly number[]): MemberScores {
  const of = (values: ArrayLike<number>) => rows.map((row) => values[row]!);
  return { scores: scores.map(of), truth: of(truth), weight: of(weight) };
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, one) => total + one, 0);
