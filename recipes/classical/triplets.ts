import type { Philox } from "../../kernels/philox.ts";

/** Numbers of rows, three a triplet: an anchor, a row that should be near it, and one that should be far from it. */
export type Triplets = ArrayLike<number>;

/** Which rows count as near and far. */
export interface ScoreTripletOptions {
  /** Greatest difference of score between an anchor and a near row; 1 by default. */
  readonly positiveWithin?: number;
  /** Least difference between an anchor and a far row; 3 by default. */
  readonly negativeFrom?: number;
}

/** Draws for every triplet that is wanted; an anchor without near or far rows is drawn again, this often in all. */
const attempts = 20;

/**
 * Draws triplets from scores. Anchors are drawn score by score, so that rare scores have as much say as frequent ones.
 *
 * @param count how many; there are fewer, even none, where hardly any row has another far from it
 * @returns numbers of rows, [triplets, 3]
 */
export function scoreTriplets(
  scores: ArrayLike<number>,
  count: number,
  random: Philox,
  { positiveWithin = 1, negativeFrom = 3 }: ScoreTripletOptions = {},
): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((i, j) =>
    scores[i]! - scores[j]! || i - j
  );
  const sorted = Float64Array.from(order, (row) => scores[row]!);
  const distinct = [...new Set(sorted)];
  /** Rows with a score of at least this, or above it, begin here. */
  const begin = (score: number, above = false) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < score || above && sorted[middle] === score) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const triplets: number[] = [];
  for (let attempt = 0; attempt < attempts * count && triplets.length < 3 * count && distinct.length > 1; attempt++) {
    const score = distinct[random.integer(distinct.length)]!;
    const first = begin(score), own = begin(score, true) - first;
    const anchor = first + random.integer(own);
    const nearFrom = begin(score - positiveWithin), near = begin(score + positiveWithin, true) - nearFrom;
    const below = begin(score - negativeFrom, true), above = begin(score + negativeFrom);
    const far = below + sorted.length - above;
    if (near < 2 || far === 0) continue;
    // One of the others: the last stands in for the anchor.
    const positive = nearFrom + random.integer(near - 1);
    const negative = random.integer(far);
    triplets.push(
      order[anchor]!,
      order[positive === anchor ? nearFrom + near - 1 : positive]!,
      order[negative < below ? negative : above + negative - below]!,
    );
  }
  return Uint32Array.from(triplets);
}
