import type { LossReduction } from "./reduction.ts";

/** A loss of one sample, and its gradient for each of the sample's predictions, in float64. */
export type SampleLoss = (prediction: readonly number[], target: number) => { value: number; gradient: number[] };

/** See `meanSquaredError`. */
export const squaredReference: SampleLoss = ([prediction], target) => {
  const difference = prediction! - target;
  return { value: difference ** 2, gradient: [2 * difference] };
};

/** See `meanAbsoluteError`. */
export const absoluteReference: SampleLoss = ([prediction], target) => {
  const difference = prediction! - target;
  return { value: Math.abs(difference), gradient: [Math.sign(difference)] };
};

/** See `huber`. */
export const huberReference = (delta: number): SampleLoss => ([prediction], target) => {
  const difference = prediction! - target, size = Math.abs(difference);
  return size <= delta
    ? { value: difference ** 2 / 2, gradient: [difference] }
    : { value: delta * (size - delta / 2), gradient: [delta * Math.sign(difference)] };
};

/** See `heteroscedastic`. */
export const heteroscedasticReference: SampleLoss = ([mean, raw], target) => {
  const logVariance = Math.min(Math.max(raw!, -10), 10), variance = Math.exp(logVariance);
  const difference = mean! - target, denominator = variance + 1e-6;
  return {
    value: difference ** 2 / denominator + logVariance,
    gradient: [
      2 * difference / denominator,
      Math.abs(raw!) <= 10 ? 1 - difference ** 2 * variance / denominator ** 2 : 0,
    ],
  };
};

/** See `gaussianNll`; the gradient for the variance is that at the bound where it is less. */
export const gaussianNllReference: SampleLoss = ([mean, raw], target) => {
  const variance = Math.max(raw!, 1e-6), difference = mean! - target;
  return {
    value: (Math.log(variance) + difference ** 2 / variance) / 2,
    gradient: [difference / variance, (1 - difference ** 2 / variance) / variance / 2],
  };
};

/** Losses of all samples, weighted and reduced, and the gradient for all predictions; see `LossOptions`. */
export function lossReference(
  sampleLoss: SampleLoss,
  prediction: ArrayLike<number>,
  target: ArrayLike<number>,
  { weight, reduction = "mean" }: { weight?: ArrayLike<number> | undefined; reduction?: LossReduction } = {},
): { loss: Float64Array; gradient: Float64Array } {
  const count = target.length, width = prediction.length / count;
  const losses = new Float64Array(count), gradient = new Float64Array(prediction.length);
  const scale = reduction === "mean" ? 1 / count : 1;
  for (let i = 0; i < count; i++) {
    const sample = Array.from({ length: width }, (_, column) => prediction[i * width + column]!);
    const { value, gradient: slopes } = sampleLoss(sample, target[i]!);
    losses[i] = scale * value * (weight?.[i] ?? 1);
    gradient.set(slopes.map((slope) => scale * slope * (weight?.[i] ?? 1)), i * width);
  }
  return { loss: reduction === "none" ? losses : Float64Array.of(losses.reduce((a, b) => a + b, 0)), gradient };
}
