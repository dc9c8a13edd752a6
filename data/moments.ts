/** Mean, standard deviation and skewness of values, and their quartiles. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  /** Third standardised moment; 0 where all values are equal. */
  readonly skewness: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Describes values; null where there are none. */
export function moments(values: Float64Array): Moments | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = sum(values) / count;
  let second = 0, third = 0;
  for (const value of values) {
    second += (value - mean) ** 2;
    third += (value - mean) ** 3;
  }
  const variance = second / count, sorted = values.toSorted();
  return {
    count,
    mean,
    deviation: Math.sqrt(second / Math.max(count - 1, 1)),
    skewness: variance > 0 ? third / count / variance ** 1.5 : 0,
    min: sorted[0]!,
    median: quantile(sorted, 0.5),
    max: sorted[count - 1]!,
  };
}

/** The quantile of sorted values, between two of them in proportion. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1), below = Math.floor(at);
  const low = sorted[below]!, high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}

/** The sum of values. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
