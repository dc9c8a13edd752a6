import type { MetricRecord } from "../records.ts";

/** True where some of the records are answers of which one was preferred to another. */
export function haveBeenCompared(records: readonly MetricRecord[]): boolean {
  return records.some(({ pair }) => pair !== undefined);
}

/**
 * For each of some rows the number of the row that it was preferred to; -1 for none. A row whose other one is not among them
 * was preferred to none.
 *
 * @param rows numbers of records
 */
export function preferredTo(records: readonly MetricRecord[], rows: ArrayLike<number>): Int32Array<ArrayBuffer> {
  const rejected = new Map<number, number>();
  const pairs = Array.from(rows, (row) => records[row]!.pair);
  pairs.forEach((pair, i) => pair?.chosen === false && rejected.set(pair.number, i));
  return Int32Array.from(pairs, (pair) => pair?.chosen ? rejected.get(pair.number) ?? -1 : -1);
}

/** Share of pairs whose chosen answer has the higher score, a tie counting half; NaN without pairs. */
export function pairAccuracy(score: ArrayLike<number>, preferredTo: Int32Array): PairAccuracy {
  let pairs = 0, right = 0;
  preferredTo.forEach((rejected, chosen) => {
    if (rejected < 0) return;
    pairs++;
    right += score[chosen]! > score[rejected]! ? 1 : score[chosen] === score[rejected] ? 0.5 : 0;
  });
  return { pairs, accuracy: right / pairs };
}

/** How often scores rank pairs as they were judged. */
export interface PairAccuracy {
  readonly pairs: number;
  /** From 0 to 1. */
  readonly accuracy: number;
}

/** Mean of log(1 + exp(rejected - chosen)) over pairs; NaN without pairs. @see `pairwiseLogisticLoss` */
export function pairLoss(score: ArrayLike<number>, preferredTo: Int32Array): number {
  let pairs = 0, sum = 0;
  preferredTo.forEach((rejected, chosen) => {
    if (rejected < 0) return;
    pairs++;
    const gap = score[rejected]! - score[chosen]!;
    sum += Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap)));
  });
  return sum / pairs;
}
