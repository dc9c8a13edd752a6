import type { LossReduction } from "./reduction.ts";

type Numbers = ArrayLike<number>;

/** A loss of one row of logits, and its gradient for them, in float64; the score is the hybrid loss's. */
export type ClassLoss = (logits: readonly number[], target: number, score: number) => {
  value: number;
  gradient: number[];
};

function shares(logits: readonly number[]) {
  const greatest = Math.max(...logits), powers = logits.map((z) => Math.exp(z - greatest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/** See `crossEntropy`. */
export const crossEntropyReference: ClassLoss = (logits, target) => {
  const own = logits[target]!, greatest = Math.max(...logits);
  // Σ e^(z - greatest) over all but the target, so that a small loss does not cancel.
  const others = logits.reduce((sum, z, k) => sum + (k === target ? 0 : Math.exp(z - greatest)), 0);
  const total = others + Math.exp(own - greatest);
  return {
    value: own === greatest ? Math.log1p(others) : greatest - own + Math.log(total),
    gradient: shares(logits).map((share, k) => k === target ? -others / total : share),
  };
};

/** See `focal`. */
export const focalReference = (gamma: number, alpha: number): ClassLoss => (logits, target, score) => {
  const entropy = crossEntropyReference(logits, target, score), missed = -entropy.gradient[target]!;
  const share = Math.exp(-entropy.value), factor = alpha * missed ** gamma;
  const slope = factor + (missed > 0 ? alpha * gamma * missed ** (gamma - 1) * share * entropy.value : 0);
  return { value: factor * entropy.value, gradient: entropy.gradient.map((each) => slope * each) };
};

/** See `hybrid`. */
export const hybridReference = (lambda: number): ClassLoss => (logits, target, score) => {
  const entropy = crossEntropyReference(logits, target, score), p = shares(logits);
  const expected = p.reduce((sum, share, k) => sum + k * share, 0), difference = expected - score;
  return {
    value: entropy.value + lambda * difference ** 2,
    gradient: entropy.gradient.map((each, k) => each + 2 * lambda * difference * p[k]! * (k - expected)),
  };
};

/** See `ordinal`. */
export const ordinalReference: ClassLoss = (logits, target) => {
  // Binary cross-entropy of sigmoid(z) with t = 1 is softplus(-z), with t = 0 softplus(z).
  const terms = logits.map((z, k) => {
    const sign = k >= target ? -1 : 1, u = sign * z;
    return { value: Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))), slope: sign / (1 + Math.exp(-u)) };
  });
  return {
    value: terms.reduce((sum, { value }) => sum + value, 0) / logits.length,
    gradient: terms.map(({ slope }) => slope / logits.length),
  };
};

/** Losses of all rows, weighted and reduced, and the gradient for all logits; see `ClassLossOptions`. */
export function classLossReference(
  rowLoss: ClassLoss,
  logits: Numbers,
  target: Numbers,
  { score, weight, reduction = "mean" }: {
    score?: Numbers | undefined;
    weight?: Numbers | undefined;
    reduction?: LossReduction;
  } = {},
): { loss: Float64Array; gradient: Float64Array } {
  const count = target.length, classes = logits.length / count;
  const losses = new Float64Array(count), gradient = new Float64Array(logits.length);
  for (let row = 0; row < count; row++) {
    const z = Array.from({ length: classes }, (_, k) => logits[row * classes + k]!);
    const { value, gradient: slopes } = rowLoss(z, target[row]!, score?.[row] ?? 0);
    const scale = (reduction === "mean" ? 1 / count : 1) * (weight?.[row] ?? 1);
    losses[row] = scale * value;
    gradient.set(slopes.map((slope) => scale * slope), row * classes);
  }
  return { loss: reduction === "none" ? losses : Float64Array.of(losses.reduce((a, b) => a + b, 0)), gradient };
}
