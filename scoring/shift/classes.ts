import { normalCdf } from "../../data/normal_distribution.ts";
import type { Predictions } from "../../recipes/training/predict_rows.ts";

/** How many classes scores fall into: 0 to 10, see `scoreClass`. */
export const classCount = 11;

/** No class is ever ruled out: probabilities are no less than this before they are calibrated. */
const least = 1e-9;

/** What makes class probabilities meet what held-out rows scored. */
export interface Calibration {
  /** What logits are divided by and variances multiplied with; the variance itself where a recipe gives bare scores. */
  readonly temperature: number;
  /** Added to the logarithms of the probabilities, [11]. */
  readonly biases: readonly number[];
}

/**
 * Probabilities of the score classes, [rows, 11], each row with sum 1: those that a recipe gives, or a normal's over each
 * class's interval, around the score with the recipe's standard deviation. A bare score is taken for one with a standard deviation of 1, so that
 * the temperature that fits held-out rows is the variance of their residuals.
 *
 * @see Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks" (2017), for the temperature
 * @see Alexandari, Kundaje, Shrikumar, "Maximum likelihood with bias-corrected calibration" (2020), for the biases
 */
export function classProbabilities(predictions: Predictions, calibration: Calibration): Float64Array {
  const logs = classLogits(predictions, calibration.temperature);
  return normalized(logs, calibration.biases);
}

/** Logarithms of class probabilities before the biases, [rows, 11]; their exponentials have any sum. */
export function classLogits(
  { score, standardDeviation, probabilities }: Predictions,
  temperature: number,
): Float64Array {
  if (probabilities) {
    return Float64Array.from(probabilities, (one) => Math.log(Math.max(one, least)) / temperature);
  }
  const logits = new Float64Array(score.length * classCount), width = Math.sqrt(temperature);
  for (let row = 0; row < score.length; row++) {
    const center = score[row]!, deviation = Math.max((standardDeviation?.[row] ?? 1) * width, 1e-6);
    // Each bound is shared by two classes. In the upper tail only what is above it keeps its digits.
    let from = -Infinity, below = 0, above = 1;
    for (let one = 0; one < classCount; one++) {
      const to = one === classCount - 1 ? Infinity : (one + 0.5 - center) / deviation;
      const tail = normalCdf(-Math.abs(to)), belowNext = to > 0 ? 1 - tail : tail, aboveNext = to > 0 ? tail : 1 - tail;
      const between = from > 0 ? above - aboveNext : belowNext - below;
      logits[row * classCount + one] = Math.log(Math.max(between, least));
      [from, below, above] = [to, belowNext, aboveNext];
    }
  }
  return logits;
}

/** Rows of exp(logits + biases), each divided by its sum. */
export function normalized(logits: Float64Array, biases: ArrayLike<number>): Float64Array {
  const result = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += classCount) {
    let highest = -Infinity, sum = 0;
    for (let one = 0; one < classCount; one++) highest = Math.max(highest, logits[at + one]! + biases[one]!);
    for (let one = 0; one < classCount; one++) {
      sum += result[at + one] = Math.exp(logits[at + one]! + biases[one]! - highest);
    }
    for (let one = 0; one < classCount; one++) result[at + one]! /= sum;
  }
  return result;
}

/** Expected score of each row of class probabilities, [rows]. */
export function expectedScores(probabilities: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: probabilities.length / classCount }, (_, row) => {
    let sum = 0;
    for (let one = 1; one < classCount; one++) sum += one * probabilities[row * classCount + one]!;
    return sum;
  });
}
