import { classCount } from "./classes.ts";
import { type LabelShift, underShift } from "./label_shift.ts";

/** As many rows with the shares of training are taken for seen beside the target rows, so that a few rows move little. */
const priorRows = 30;

/**
 * Class shares of the target rows by expectation maximisation: the shares that make their class probabilities likeliest.
 *
 * @param probabilities class probabilities of the target rows, [rows, 11]
 * @param trained class shares that the probabilities stand for, [11], none of them 0
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function estimateByEm(probabilities: ArrayLike<number>, trained: ArrayLike<number>): LabelShift {
  const rows = probabilities.length / classCount;
  const posterior = new Float64Array(probabilities.length);
  let shares = Float64Array.from(trained);
  const ratiosOf = (shares: Float64Array) => shares.map((share, one) => share / trained[one]!);
  for (let step = 0; step < 500; step++) {
    underShift(probabilities, { ratios: ratiosOf(shares) }, posterior);
    const next = Float64Array.from(trained, (share) => priorRows * share / (rows + priorRows));
    for (let at = 0; at < posterior.length; at += classCount) {
      for (let one = 0; one < classCount; one++) next[one]! += posterior[at + one]! / (rows + priorRows);
    }
    const moved = Math.max(...next.map((share, one) => Math.abs(share - shares[one]!)));
    shares = next;
    if (moved < 1e-7) break;
  }
  return { shares, ratios: ratiosOf(shares) };
}

/** By how much the log-likelihood of rows gains when their classes are distributed otherwise than in training. */
export function gainOf(probabilities: ArrayLike<number>, { ratios }: LabelShift): number {
  let gain = 0;
  for (let at = 0; at < probabilities.length; at += classCount) {
    let sum = 0;
    for (let one = 0; one < classCount; one++) sum += ratios[one]! * probabilities[at + one]!;
    gain += Math.log(sum);
  }
  return gain;
}
