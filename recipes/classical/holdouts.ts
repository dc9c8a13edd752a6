import { Philox } from "../../kernels/philox.ts";

const foldStream = 0xf01d5;

/** Rows that are predicted from others that they have nothing in common with. */
export interface Holdout {
  /** The rows to fit to, in ascending order. */
  readonly fit: Uint32Array;
  /** The rows to predict. */
  readonly held: Uint32Array;
}

/** What rows are held out by. */
export interface HeldOutBy {
  /** Number of each row's group; rows of one group are held out together. */
  readonly group: Uint32Array;
  /** Number of each row's metric. */
  readonly metric: Uint32Array;
}

/** Deals numbers out to folds, the most frequent first, each to the fold with the fewest rows; those alike in random order. */
export function dealFolds(numbers: Uint32Array, folds: number, seed: number): Uint32Array {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  const distinct = [...counts.keys()].sort((a, b) => a - b);
  const order = Array.from(new Philox(seed, foldStream).permutation(distinct.length), (i) => distinct[i]!);
  order.sort((a, b) => counts.get(b)! - counts.get(a)!);
  const rows = new Array<number>(folds).fill(0), foldOf = new Map<number, number>();
  for (const number of order) {
    const fold = rows.indexOf(Math.min(...rows));
    rows[fold]! += counts.get(number)!;
    foldOf.set(number, fold);
  }
  return numbers.map((number) => foldOf.get(number)!);
}

/** Each fold of groups in turn, predicted from all others. */
export function groupHoldouts({ group }: HeldOutBy, folds: number, seed: number): Holdout[] {
  const fold = dealFolds(group, folds, seed);
  return Array.from({ length: folds }, (_, one) => ({
    fit: rowsWhere(fold, (other) => other !== one),
    held: rowsWhere(fold, (other) => other === one),
  })).filter(({ fit, held }) => fit.length > 0 && held.length > 0);
}

/**
 * Folds of metrics, or of another kind of numbers, in turn, on groups that are held out too: as for a record whose metric
 * and texts are both new.
 */
export function metricHoldouts({ group, metric }: HeldOutBy, most: number, seed: number): Holdout[] {
  const folds = Math.min(most, new Set(metric).size);
  const ofGroup = dealFolds(group, folds, seed), ofMetric = dealFolds(metric, folds, seed);
  return Array.from({ length: folds }, (_, one) => ({
    fit: rowsWhere(ofGroup, (group, row) => group !== one && ofMetric[row] !== one),
    held: rowsWhere(ofGroup, (group, row) => group === one && ofMetric[row] === one),
  })).filter(({ fit, held }) => fit.length > 0 && held.length > 0);
}

function rowsWhere(fold: Uint32Array, wanted: (fold: number, row: number) => boolean): Uint32Array {
  return Uint32Array.from(fold.keys()).filter((row) => wanted(fold[row]!, row));
}
