import type { AdamSettings } from "./adam.ts";
import type { SgdSettings } from "./sgd.ts";

/** One step of Adam or AdamW in float64; changes the parameter and the moments. */
export function adamReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  moments: { first: Float64Array; second: Float64Array },
  step: number,
  { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0, decoupled = false }: AdamSettings,
): void {
  const [beta1, beta2] = betas;
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + (decoupled ? 0 : weightDecay * value);
    const first = moments.first[i] = beta1 * moments.first[i]! + (1 - beta1) * slope;
    const second = moments.second[i] = beta2 * moments.second[i]! + (1 - beta2) * slope ** 2;
    const deviation = Math.sqrt(second / (1 - beta2 ** step));
    const kept = decoupled ? value * (1 - learningRate * weightDecay) : value;
    parameter[i] = kept - learningRate * (first / (1 - beta1 ** step)) / (deviation + epsilon);
  });
}

/** One step of stochastic gradient descent in float64; changes the parameter and the velocity. */
export function sgdReference(
  parameter: Float64Array,
  gradient: ArrayLike<number>,
  velocity: Float64Array,
  { learningRate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdSettings,
): void {
  parameter.forEach((value, i) => {
    const slope = gradient[i]! + weightDecay * value;
    const speed = velocity[i] = momentum * velocity[i]! + slope;
    parameter[i] = value - learningRate * (nesterov ? slope + momentum * speed : speed);
  });
}

/** Global norm of a gradient and the coefficient that clips it, in float64. */
export function gradientNormReference(gradient: ArrayLike<number>, maxNorm: number) {
  const norm = Math.sqrt(Array.from(gradient).reduce((sum, value) => sum + value ** 2, 0));
  return { norm, coefficient: Math.min(1, maxNorm / (norm + 1e-6)) };
}
