import type { LabelledClasses } from "./calibrate_classes.ts";
import { classCount } from "./classes.ts";
import type { LabelShift } from "./label_shift.ts";

/** Held-out rows with class probabilities. */
export interface HeldOutClasses extends LabelledClasses {
  /** Their class probabilities, [rows, 11]. */
  readonly probabilities: ArrayLike<number>;
  /** Class shares that these come to on average, [11], none of them 0. */
  readonly shares: ArrayLike<number>;
}

/**
 * Class shares of the target rows by black-box shift estimation. Each row is called the class that it speaks for most,
 * argmax p(class | row) / p(class). With M = p(call | class) of the held-out rows, the shares q are those with the least
 *
 *     |M q - calls of them|² + Σ λ_class (q - trained share)²,   q >= 0,   λ = 1 / held-out rows of the class + 1 / target rows
 *
 * and then scaled to sum 1, so that classes of which little is known keep their share, as those do that no held-out row has.
 *
 * @see Lipton, Wang, Smola, "Detecting and correcting for label shift with black box predictors" (2018)
 * @see Azizzadenesheli, Liu, Yang, Anandkumar, "Regularized learning for domain adaptation under label shifts" (2019)
 */
export function estimateByBbse(probabilities: ArrayLike<number>, heldOut: HeldOutClasses): LabelShift {
  const { truth, weight, shares: trained } = heldOut;
  const rows = probabilities.length / classCount;
  const counts = new Float64Array(classCount);
  const calls = matrix(), atHand = new Float64Array(classCount);
  callsOf(heldOut.probabilities, trained).forEach((call, row) => {
    counts[truth[row]!]! += weight[row]!;
    calls[truth[row]!]![call]! += weight[row]!;
  });
  callsOf(probabilities, trained).forEach((call) => atHand[call]! += 1 / rows);
  const known = [...counts.keys()].filter((one) => counts[one]! > 0);
  const whole = known.reduce((sum, one) => sum + trained[one]!, 0);
  if (rows === 0 || known.length === 0) {
    return { shares: Float64Array.from(trained), ratios: new Float64Array(classCount).fill(1) };
  }

  // Coordinate descent on the changes of the shares; `left` is what they do not explain of the calls yet.
  const change = new Float64Array(classCount), left = Float64Array.from(atHand);
  const columns = calls.map((column, one) => column.map((sum) => sum / counts[one]!));
  for (const one of known) columns[one]!.forEach((p, call) => left[call]! -= p * trained[one]! / whole);
  for (let sweep = 0; sweep < 1000; sweep++) {
    let moved = 0;
    for (const one of known) {
      const column = columns[one]!, penalty = 1 / counts[one]! + 1 / rows;
      const size = dot(column, column);
      const wanted = (dot(column, left) + size * change[one]!) / (size + penalty);
      const step = Math.max(wanted, -trained[one]! / whole) - change[one]!;
      change[one]! += step;
      column.forEach((p, call) => left[call]! -= p * step);
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < 1e-9) break;
  }
  const shares = Float64Array.from(trained, (share, one) => Math.max(share + whole * change[one]!, 0));
  const sum = shares.reduce((sum, share) => sum + share, 0);
  return {
    shares: shares.map((share) => share / sum),
    ratios: shares.map((share, one) => share / sum / trained[one]!),
  };
}

/** The class that each row speaks for most. */
function callsOf(probabilities: ArrayLike<number>, shares: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: probabilities.length / classCount }, (_, row) => {
    let best = 0;
    for (let one = 1; one < classCount; one++) {
      const at = row * classCount;
      if (probabilities[at + one]! / shares[one]! > probabilities[at + best]! / shares[best]!) best = one;
    }
    return best;
  });
}

const matrix = () => Array.from({ length: classCount }, () => new Float64Array(classCount));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
