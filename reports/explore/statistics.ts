import { sum } from "../../data/moments.ts";

/** The mean, and bounds that hold it in 95 of 100 samples; null bounds below two values. */
export interface MeanInterval {
  readonly count: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The mean of values with its interval by Student's t. Without values the mean is NaN. */
export function meanInterval(values: ArrayLike<number>): MeanInterval {
  const count = values.length, mean = sum(values) / count;
  if (count < 2) return { count, mean, low: null, high: null };
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) ** 2;
  const margin = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { count, mean, low: mean - margin, high: mean + margin };
}

/**
 * The 97.5 % quantile of Student's t.
 *
 * @see Abramowitz, Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5, and the exact values up to 3 degrees
 */
export function studentQuantile(degrees: number): number {
  if (degrees < 4) return [12.706, 4.303, 3.182][degrees - 1]!;
  const z = 1.959964, n = degrees;
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3);
}

/** How far two samples are apart, from 0 to 1, and how far two samples of one distribution are on average. */
export interface Distance {
  readonly distance: number;
  readonly chance: number;
}

/** Largest difference of the cumulative shares of two samples (Kolmogorov and Smirnov). */
export function cumulativeDistance(a: Float64Array, b: Float64Array): Distance {
  const first = a.toSorted(), second = b.toSorted();
  let i = 0, j = 0, distance = 0;
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i]!, second[j]!);
    while (i < first.length && first[i]! <= value) i++;
    while (j < second.length && second[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / first.length - j / second.length));
  }
  return { distance, chance: 0.8687 * Math.sqrt(1 / first.length + 1 / second.length) };
}

/** Share of the records that two samples would have to move between categories to be equal (total variation). */
export function categoryDistance(a: readonly string[], b: readonly string[]): Distance {
  const first = countValues(a), second = countValues(b);
  let distance = 0, chance = 0;
  for (const one of new Set([...first.keys(), ...second.keys()])) {
    const p = first.get(one) ?? 0, q = second.get(one) ?? 0, pooled = (p + q) / (a.length + b.length);
    distance += Math.abs(p / a.length - q / b.length) / 2;
    chance += Math.sqrt(2 / Math.PI * pooled * (1 - pooled) * (1 / a.length + 1 / b.length)) / 2;
  }
  return { distance, chance };
}

/** How often each value occurs, the most frequent first. */
export function countValues<Value>(values: Iterable<Value>): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
