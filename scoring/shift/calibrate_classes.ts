import type { Predictions } from "../../recipes/training/predict_rows.ts";
import { type Calibration, classCount, classLogits, normalized } from "./classes.ts";
import { underShift } from "./label_shift.ts";

/** Rows whose classes are known. */
export interface LabelledClasses {
  /** Class of each row's true score, [rows]. */
  readonly truth: ArrayLike<number>;
  /** How much each row counts, [rows]. */
  readonly weight: ArrayLike<number>;
}

const lowest = Math.log(1e-2), highest = Math.log(1e2);
const rounds = 3;

/**
 * Fits the temperature that makes the classes of held-out rows likeliest, and the biases that make each class as probable,
 * on average, as it is frequent; in turn, since each depends on the other.
 *
 * @param shares what the class probabilities are to come to on average, [11], none of them 0
 * @returns temperature 1 and no biases where no row counts
 */
export function calibrateClasses(
  predictions: Predictions,
  { truth, weight }: LabelledClasses,
  shares: ArrayLike<number>,
): Calibration {
  const total = Array.from(weight).reduce((sum, one) => sum + one, 0);
  let temperature = 1, biases = new Array<number>(classCount).fill(0);
  if (!(total > 0)) return { temperature, biases };
  for (let round = 0; round < rounds; round++) {
    temperature = Math.exp(
      highestPlace((log) => {
        const probabilities = normalized(classLogits(predictions, Math.exp(log)), biases);
        return logLikelihood(probabilities, { truth, weight });
      }, [lowest, highest]),
    );
    biases = matchShares(classLogits(predictions, temperature), weight, shares, biases);
  }
  return { temperature, biases };
}

/** Σ weight · log p(true class). */
function logLikelihood(probabilities: Float64Array, { truth, weight }: LabelledClasses): number {
  let sum = 0;
  for (let row = 0; row < truth.length; row++) {
    sum += weight[row]! * Math.log(probabilities[row * classCount + truth[row]!]!);
  }
  return sum;
}

/** Iterative scaling: each bias grows by the logarithm of what its class lacks. */
function matchShares(
  logits: Float64Array,
  weight: ArrayLike<number>,
  shares: ArrayLike<number>,
  start: readonly number[],
): number[] {
  const given = normalized(logits, start), ratios = new Float64Array(classCount).fill(1);
  for (let step = 0; step < 100; step++) {
    const lack = weightedMeans(underShift(given, { ratios }), weight).map((mean, one) => shares[one]! / mean);
    lack.forEach((one, at) => ratios[at]! *= one);
    if (lack.every((one) => Math.abs(one - 1) < 1e-6)) break;
  }
  return start.map((bias, one) => bias + Math.log(ratios[one]!));
}

/** Mean probability of each class over rows that count by their weights, [11]. */
function weightedMeans(probabilities: Float64Array, weight: ArrayLike<number>): Float64Array {
  const means = new Float64Array(classCount);
  let total = 0;
  for (let row = 0; row < weight.length; row++) {
    total += weight[row]!;
    for (let one = 0; one < classCount; one++) {
      means[one]! += weight[row]! * probabilities[row * classCount + one]!;
    }
  }
  return means.map((sum) => sum / total);
}

/** Where a function with one peak is highest, by golden-section search. */
function highestPlace(of: (x: number) => number, [from, to]: readonly [number, number]): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = from, high = to;
  let left = high - golden * (high - low), right = low + golden * (high - low);
  let atLeft = of(left), atRight = of(right);
  while (high - low > 1e-4) {
    if (atLeft >= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - golden * (high - low);
      atLeft = of(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + golden * (high - low);
      atRight = of(right);
    }
  }
  return (low + high) / 2;
}
