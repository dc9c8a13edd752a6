/** Counts of numbers by size. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** How many numbers are counted. */
  readonly count: number;
  readonly sum: number;
  /** Sum of their squares. */
  readonly squares: number;
  /** Upper limits of the bins, ascending; the first bin begins at `min`, each other at the limit before. */
  readonly limits: readonly number[];
  /** How many numbers each bin has. */
  readonly counts: readonly number[];
}

/** Bins of a histogram: enough to see a shape, and few enough for every reader (wandb leaves out those of 512). */
const bins = 64;

/**
 * Counts numbers in bins of equal width between their extremes. NaN and infinity are left out.
 *
 * @param pieces the numbers, piece by piece; asked for twice, first for the extremes
 * @returns null where no number is finite
 */
export async function histogramOf(pieces: () => AsyncIterable<Float32Array>): Promise<Histogram | null> {
  let min = Infinity, max = -Infinity, count = 0, sum = 0, squares = 0;
  for await (const piece of pieces()) {
    for (const value of piece) {
      if (!Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
      count++;
      sum += value;
      squares += value * value;
    }
  }
  if (count === 0) return null;
  // Equal numbers are all in the first bin.
  const width = (max - min || Math.abs(max) || 1) / bins;
  const counts = new Array<number>(bins).fill(0);
  for await (const piece of pieces()) {
    for (const value of piece) {
      if (Number.isFinite(value)) counts[Math.min(Math.floor((value - min) / width), bins - 1)]!++;
    }
  }
  const limits = counts.map((_, bin) => min + (bin + 1) * width);
  return { min, max, count, sum, squares, limits, counts };
}
