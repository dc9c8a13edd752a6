import { scoreClass } from "./scores.ts";

/** Settings of `sqrtInverseWeights`; the defaults are those of system A. */
export interface WeightOptions {
  /** Exponent on max count / count. */
  readonly temperature?: number;
  /** Lowest weight before the boost; 0.5 by default. */
  readonly minimum?: number;
  /** Highest weight before the boost; 8 by default. */
  readonly maximum?: number;
  /** Multiplies the weights of class 9 by 1.5 and of class 10 by 1.3, after clipping. */
  readonly boost?: boolean;
}

/**
 * Weights that give rare scores more say: (count of the most frequent class / count of the row's class) ^ temperature,
 * clipped to [minimum, maximum], then boosted for the two highest classes. A score's class is floor(score + 0.5).
 */
export function sqrtInverseWeights(
  scores: ArrayLike<number>,
  { temperature = 0.5, minimum = 0.5, maximum = 8, boost = true }: WeightOptions = {},
): Float32Array<ArrayBuffer> {
  const counts = new Map<number, number>();
  const classes = Array.from(scores, scoreClass);
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return Float32Array.from(classes, (one) => {
    const weight = Math.min(Math.max((most / counts.get(one)!) ** temperature, minimum), maximum);
    return boost ? weight * (one === 9 ? 1.5 : one === 10 ? 1.3 : 1) : weight;
  });
}

/** Where the score ranges of `scoreRangeWeights` begin: below 4, 4 to below 8, 8 and more. */
const rangeStarts = [0, 4, 8] as const;

/** Settings of `scoreRangeWeights`. */
export type RangeWeightOptions = Pick<WeightOptions, "temperature" | "minimum" | "maximum">;

/**
 * Weights that give under-represented score ranges more say, among all rows and among those of the row's metric:
 * (count of the most frequent range / count of the row's range) ^ temperature, once over all rows and once over the metric's;
 * of both the geometric mean, clipped to [minimum, maximum]. The ranges are 0 to below 4, 4 to below 8 (both low) and 8 to 10.
 */
export function scoreRangeWeights(
  scores: ArrayLike<number>,
  metrics: ArrayLike<number>,
  { temperature = 0.5, minimum = 0.5, maximum = 8 }: RangeWeightOptions = {},
): Float32Array<ArrayBuffer> {
  const ranges = Array.from(scores, (score) => rangeStarts.findLastIndex((start) => score >= start));
  const none = () => rangeStarts.map(() => 0);
  const overall = none(), byMetric = new Map<number, number[]>();
  ranges.forEach((range, row) => {
    const ofMetric = byMetric.get(metrics[row]!) ?? none();
    byMetric.set(metrics[row]!, ofMetric);
    overall[range]!++;
    ofMetric[range]!++;
  });
  const rarity = (counts: readonly number[], range: number) => Math.max(...counts) / counts[range]!;
  return Float32Array.from(ranges, (range, row) => {
    const product = rarity(overall, range) * rarity(byMetric.get(metrics[row]!)!, range);
    return Math.min(Math.max(product ** (temperature / 2), minimum), maximum);
  });
}
