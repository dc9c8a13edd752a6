import { cholesky, choleskyInverse, choleskySolve } from "../cholesky.ts";
import type { Covariance } from "./covariance.ts";

/** Rows that a Gaussian process is fitted to. */
export interface GaussianProcessRows {
  /** Squared distances of each kind between all rows, [rows, rows]. */
  readonly distances: readonly Float32Array[];
  /** What is to be explained, with mean 0. */
  readonly target: Float64Array;
  /** How much each row counts: its noise has the variance divided by it. */
  readonly weight: Float64Array;
}

/**
 * -log p(target | parameters) and its gradient.
 *
 * @throws MetrogradError when the covariance is not positive definite in float64
 * @see Rasmussen and Williams (2006), equations 5.8 and 5.9
 */
export function negativeLogLikelihood(
  covariance: Covariance,
  { distances, target, weight }: GaussianProcessRows,
  parameters: Float64Array,
): { value: number; gradient: Float64Array } {
  const size = target.length;
  const { noise } = covariance.values(parameters);
  const factor = new Float64Array(size * size);
  covariance.fill(distances, parameters, factor);
  for (let i = 0; i < size; i++) factor[i * size + i]! += noise / weight[i]!;
  cholesky(factor, size);
  const alpha = target.slice();
  choleskySolve(factor, size, alpha);
  let value = size / 2 * Math.log(2 * Math.PI);
  for (let i = 0; i < size; i++) value += target[i]! * alpha[i]! / 2 + Math.log(factor[i * size + i]!);

  // dL/dθ = ½ Σ (K⁻¹ - α αᵀ) ∘ dK/dθ: twice the lower triangle and the diagonal once.
  const weights = choleskyInverse(factor, size);
  let noiseGradient = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) weights[i * size + j]! -= alpha[i]! * alpha[j]!;
    const diagonal = weights[i * size + i]! - alpha[i]! ** 2;
    noiseGradient += diagonal / 2 * noise / weight[i]!;
    weights[i * size + i] = diagonal / 2;
  }
  const gradient = covariance.gradient(distances, parameters, weights);
  gradient[0] = noiseGradient;
  return { value, gradient };
}

const searchSteps = 50, searchRate = 0.15;
/** The last steps, whose mean is the result: what single steps' rows have of their own cancels out. */
const averagedSteps = 20;

/**
 * Parameters that make rows likely: Adam from the covariance's start, each step on rows of its own, and the mean of the
 * last steps. One set of a few hundred rows can be explained by chance; all of them in turn cannot.
 *
 * @param rowsOf the rows of a step, counted from 0
 * @see Chen, Zheng, Al Kontar, Raskutti, "Stochastic gradient descent in correlated settings" (2020); Polyak and Juditsky,
 * "Acceleration of stochastic approximation by averaging" (1992)
 */
export async function maximizeLikelihood(
  covariance: Covariance,
  rowsOf: (step: number) => Promise<GaussianProcessRows>,
  onStep: (step: number, steps: number, value: number) => Promise<void> = async () => {},
): Promise<Float64Array> {
  const parameters = covariance.start.slice();
  const mean = new Float64Array(parameters.length), square = new Float64Array(parameters.length);
  const average = new Float64Array(parameters.length);
  for (let step = 1; step <= searchSteps; step++) {
    const { value, gradient } = negativeLogLikelihood(covariance, await rowsOf(step - 1), parameters);
    await onStep(step, searchSteps, value);
    gradient.forEach((slope, i) => {
      mean[i] = 0.9 * mean[i]! + 0.1 * slope;
      square[i] = 0.999 * square[i]! + 0.001 * slope ** 2;
      const corrected = mean[i]! / (1 - 0.9 ** step) / (Math.sqrt(square[i]! / (1 - 0.999 ** step)) + 1e-8);
      parameters[i]! -= searchRate * corrected;
      if (step > searchSteps - averagedSteps) average[i]! += parameters[i]! / averagedSteps;
    });
  }
  return average;
}
