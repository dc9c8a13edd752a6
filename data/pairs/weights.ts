import { scoreClass } from "../scores.ts";

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

/** What the boost multiplies the weight of a class by. */
const boosts: ReadonlyMap<number, number> = new Map([[9, 1.5], [10, 1.3]]);

/**
 * Weights of classes by their counts: (count of the most frequent class / count) ^ temperature, clipped to [minimum,
 * maximum], then boosted for classes 9 and 10. A class without rows has the highest weight.
 *
 * @param counts of the classes 0, 1, ...
 */
export function classWeights(
  counts: ArrayLike<number>,
  { temperature = 0.5, minimum = 0.5, maximum = 8, boost = true }: WeightOptions = {},
): Float64Array<ArrayBuffer> {
  const most = Math.max(...Array.from(counts));
  return Float64Array.from(counts, (count, one) => {
    const weight = Math.min(Math.max((most / count) ** temperature, minimum), maximum);
    return boost ? weight * (boosts.get(one) ?? 1) : weight;
  });
}

/** The weight of each row's class, see `classWeights`, by how often the classes occur. A score's class is floor(score + 0.5). */
export function sqrtInverseWeights(scores: ArrayLike<number>, options: WeightOptions = {}): Float32Array<ArrayBuffer> {
  const classes = Array.from(scores, scoreClass);
  const counts = new Uint32Array(11);
  for (const one of classes) counts[one]!++;
  const weight = classWeights(counts, options);
  return Float32Array.from(classes, (one) => weight[one]!);
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
