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
