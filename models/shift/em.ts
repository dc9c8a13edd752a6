import { classCount } from "./classes.ts";
import { type LabelShift, underShift } from "./label_shift.ts";

/** As many rows with the shares of training are taken for seen beside those at hand, so that a few rows move little. */
const priorRows = 30;

/**
 * Chi-square with 10 degrees of freedom, as many as shares of 11 classes have, is above this in one case of a thousand.
 */
const significant = 29.588;

/**
 * Class shares of the rows at hand by expectation maximisation: the shares that make their class probabilities likeliest.
 *
 * @param probabilities class probabilities of the rows at hand, [rows, 11]
 * @param trained class shares that the probabilities stand for, [11], none of them 0
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function estimateByEm(probabilities: ArrayLike<number>, trained: ArrayLike<number>): LabelShift {
  const rows = probabilities.length / classCount;
  let shares = Float64Array.from(trained);
  const ratiosOf = (shares: Float64Array) => shares.map((share, one) => share / trained[one]!);
  for (let step = 0; step < 500; step++) {
    const posterior = underShift(probabilities, { ratios: ratiosOf(shares) });
    const next = Float64Array.from(trained, (share) => priorRows * share / (rows + priorRows));
    posterior.forEach((one, at) => next[at % classCount]! += one / (rows + priorRows));
    const moved = Math.max(...next.map((share, one) => Math.abs(share - shares[one]!)));
    shares = next;
    if (moved < 1e-7) break;
  }
  return { shares, ratios: ratiosOf(shares) };
}

/** By how much the log-likelihood of rows gains when their classes are spread otherwise than in training. */
export function gainOf(probabilities: ArrayLike<number>, { ratios }: LabelShift): number {
  let gain = 0;
  for (let at = 0; at < probabilities.length; at += classCount) {
    let sum = 0;
    for (let one = 0; one < classCount; one++) sum += ratios[one]! * probabilities[at + one]!;
    gain += Math.log(sum);
  }
  return gain;
}

/**
 * True where class shares make the rows significantly likelier than those of training do: likelihood ratio test, p < 0.001.
 * What is known of training comes from held-out rows, which are a draw as well: the fewer they are, the more it takes.
 *
 * @param heldOutRows how many held-out rows the probabilities were calibrated by
 * @param dispersion by how much more the means of rows vary than if each were drawn on its own: that much more it takes
 * @see Rao and Scott, "The analysis of categorical data from complex sample surveys" (1981), for the dispersion
 */
export function isSignificant(
  probabilities: ArrayLike<number>,
  shift: LabelShift,
  heldOutRows: number,
  dispersion = 1,
): boolean {
  const rows = probabilities.length / classCount;
  return 2 * gainOf(probabilities, shift) > dispersion * significant * (1 + rows / Math.max(heldOutRows, 1));
}
