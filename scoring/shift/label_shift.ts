import { classCount } from "./classes.ts";

/** How the target rows are distributed over the score classes. */
export interface LabelShift {
  /** Share of each class among the target rows, [11], in all 1. */
  readonly shares: Float64Array;
  /** The same over the shares of what was trained on, [11]: what each class's probabilities are multiplied with. */
  readonly ratios: Float64Array;
}

/**
 * Class probabilities of rows under other class shares, [rows, 11], by Bayes' rule: p · ratio over the row's sum.
 *
 * @param result what they are written to; a new array by default
 */
export function underShift(
  probabilities: ArrayLike<number>,
  { ratios }: Pick<LabelShift, "ratios">,
  result: Float64Array = new Float64Array(probabilities.length),
): Float64Array {
  for (let at = 0; at < result.length; at += classCount) {
    let sum = 0;
    for (let one = 0; one < classCount; one++) sum += result[at + one] = probabilities[at + one]! * ratios[one]!;
    for (let one = 0; one < classCount; one++) result[at + one] = sum > 0 ? result[at + one]! / sum : 1 / classCount;
  }
  return result;
}
