import type { AdamSettings } from "./adam.ts";
import type { AdagradSettings } from "./adagrad.ts";
import type { RmspropSettings } from "./rmsprop.ts";
import type { LossScaleSettings } from "./loss_scale.ts";
import type { SgdSettings } from "./sgd.ts";

/** One step of Adam or AdamW in float64; changes the parameter and the moments. */
export function adamReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  moments: { first: Float64Array; second: Float64Array; greatest?: Float64Array },
  step: number,
  { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0, decoupled = false }: AdamSettings,
): void {
  const [beta1, beta2] = betas;
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + (decoupled ? 0 : weightDecay * value);
    const first = moments.first[i] = beta1 * moments.first[i]! + (1 - beta1) * slope;
    const second = moments.second[i] = beta2 * moments.second[i]! + (1 - beta2) * slope ** 2;
    const { greatest } = moments, bound = greatest ? greatest[i] = Math.max(greatest[i]!, second) : second;
    const deviation = Math.sqrt(bound / (1 - beta2 ** step));
    const kept = decoupled ? value * (1 - learningRate * weightDecay) : value;
    parameter[i] = kept - learningRate * (first / (1 - beta1 ** step)) / (deviation + epsilon);
  });
}

/** One step of stochastic gradient descent in float64; changes the parameter and the velocity. */
export function sgdReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  velocity: Float64Array,
  { learningRate, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdSettings,
  step = 1,
): void {
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + weightDecay * value;
    const speed = velocity[i] = momentum * velocity[i]! + (step === 1 ? 1 : 1 - dampening) * slope;
    parameter[i] = value - learningRate * (nesterov ? slope + momentum * speed : speed);
  });
}

/** One step of Adagrad in float64; changes the parameter and the sum of squares. */
export function adagradReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  squareSum: Float64Array,
  step: number,
  { learningRate, learningRateDecay = 0, epsilon = 1e-10, weightDecay = 0 }: AdagradSettings,
): void {
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + weightDecay * value;
    const sum = squareSum[i] = squareSum[i]! + slope ** 2;
    const rate = learningRate / (1 + (step - 1) * learningRateDecay);
    parameter[i] = value - rate * slope / (Math.sqrt(sum) + epsilon);
  });
}

/** One step of RMSprop in float64; changes the parameter and the moments. */
export function rmspropReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  moments: { square: Float64Array; mean: Float64Array; velocity: Float64Array },
  { learningRate, alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 }: RmspropSettings,
): void {
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + weightDecay * value;
    const square = moments.square[i] = alpha * moments.square[i]! + (1 - alpha) * slope ** 2;
    const mean = moments.mean[i] = alpha * moments.mean[i]! + (1 - alpha) * slope;
    const deviation = Math.sqrt(centered ? square - mean ** 2 : square);
    moments.velocity[i] = momentum * moments.velocity[i]! + slope / (deviation + epsilon);
    parameter[i] = value - learningRate * moments.velocity[i]!;
  });
}

/** Global norm of a gradient and the coefficient that clips it, in float64. */
export function gradientNormReference(gradient: ArrayLike<number>, maxNorm: number) {
  const norm = Math.sqrt(Array.from(gradient).reduce((sum, value) => sum + value ** 2, 0));
  return { norm, coefficient: Math.min(1, maxNorm / (norm + 1e-6)) };
}

/** Where a loss scale stands. */
export interface LossScaleReference {
  readonly scale: number;
  readonly goodSteps: number;
  readonly skippedSteps: number;
}

/** The status of the loss's gradient and the next loss scale, in float64, from the norm of the gradient of scale x loss. */
export function lossScaleReference(
  { scale, goodSteps, skippedSteps }: LossScaleReference,
  scaled: { readonly norm: number; readonly usable: boolean },
  maxNorm: number,
  { growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 }: LossScaleSettings = {},
) {
  const norm = scaled.norm / scale;
  if (!scaled.usable) {
    const next = { scale: scale * backoffFactor, goodSteps: 0, skippedSteps: skippedSteps + 1 };
    return { norm, coefficient: 0, next };
  }
  const coefficient = Math.min(1, maxNorm / (norm + 1e-6)) / scale;
  const grows = goodSteps + 1 >= growthInterval;
  const next = {
    scale: grows ? Math.min(scale * growthFactor, Math.max(scale, 2 ** 64)) : scale,
    goodSteps: grows ? 0 : goodSteps + 1,
    skippedSteps,
  };
  return { norm, coefficient, next };
}
