/** Counts of numbers by size. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** How many numbers are counted. */
  readonly count: number;
  readonly sum: number;
  /** Sum of their squares. */
  readonly squares: number;
  /** Upper limits of the bins, ascending; each bin begins at the limit before. */
  readonly limits: readonly number[];
  /** How many numbers each bin has. */
  readonly counts: readonly number[];
}

/** The smallest limit above 0 and the ratio of one to the next: those of TensorFlow and PyTorch. */
const smallest = 1e-12, ratio = 1.1;
/** Bins on either side of 0: their limits go from 1e-12 to beyond 1e20. */
const side = Math.ceil(Math.log(1e20 / smallest) / Math.log(ratio)) + 1;

/** Upper limit of a bin: bin 0 has the numbers nearest to 0, those of negative numbers have negative ones. */
const limitOf = (bin: number) => bin >= 0 ? smallest * ratio ** bin : -smallest * ratio ** (-bin - 1);

/**
 * Counts numbers in bins that grow with their distance from 0, which takes one pass over numbers of any size. NaN and
 * infinity are left out.
 */
export class HistogramCounter {
  readonly #bins = new Float64Array(2 * side + 1);
  #min = Infinity;
  #max = -Infinity;
  #count = 0;
  #sum = 0;
  #squares = 0;

  /** Counts further numbers. */
  add(values: Float32Array): void {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      this.#bins[side + binOf(value)]!++;
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
      this.#count++;
      this.#sum += value;
      this.#squares += value * value;
    }
  }

  /** What was counted, without empty bins at either end; null where nothing was. */
  result(): Histogram | null {
    if (this.#count === 0) return null;
    const first = this.#bins.findIndex((count) => count > 0), last = this.#bins.findLastIndex((count) => count > 0);
    // The first limit is that of an empty bin: it says where the first with numbers begins.
    const from = Math.max(first - 1, 0), counts = [...this.#bins.subarray(from, last + 1)];
    return {
      min: this.#min,
      max: this.#max,
      count: this.#count,
      sum: this.#sum,
      squares: this.#squares,
      limits: counts.map((_, i) => limitOf(from + i - side)),
      counts,
    };
  }
}

/** The bin of a number, from -side to side. */
function binOf(value: number): number {
  const size = Math.abs(value);
  if (size < smallest) return 0;
  const above = Math.min(Math.floor(Math.log(size / smallest) / Math.log(ratio)) + 1, side);
  return value > 0 ? above : -above;
}
