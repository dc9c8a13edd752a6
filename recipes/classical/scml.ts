import { MetrogradError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { MahalanobisMetric } from "./mahalanobis.ts";
import { dot, type Matrix, rowOf, rowProducts } from "./matrix.ts";
import type { Triplets } from "./triplets.ts";

/** What SCML is fitted to. */
export interface ScmlInputs {
  /** [rows, features] */
  readonly x: Matrix;
  /** Rows of x, three a triplet: an anchor, a row that should be near, and one that should be far. */
  readonly triplets: Triplets;
  /** Directions to choose from, as rows, [bases, features]. */
  readonly basis: Matrix;
}

/** Settings of `fitScml`, named and set as in metric-learn but for the seed. */
export interface ScmlOptions {
  /** Weight of the penalty that makes the weights few; 1e-5 by default. */
  readonly beta?: number;
  /** The greater, the smaller the steps; 0.005 by default. */
  readonly gamma?: number;
  /** Keeps the first steps from being too large; 0.001 by default. */
  readonly delta?: number;
  /** Iterations; 10000 by default. */
  readonly maxIter?: number;
  /** Iterations between two looks at the objective; 500 by default. */
  readonly outputIter?: number;
  /** Triplets of an iteration; 10 by default. */
  readonly batchSize?: number;
  /** Seed of what triplets each iteration draws; 1 by default. */
  readonly seed?: number;
  /** The triplets' numbers that each iteration takes, [maxIter, batchSize], instead of drawing them. */
  readonly draws?: ArrayLike<number>;
}

/** What SCML learnt. */
export interface GlobalScml {
  /** Weight of each basis vector, not negative, [bases]. */
  readonly weights: Float64Array;
  /** d(x, y)² = Σ w_i (b_i . (x - y))². */
  readonly metric: MahalanobisMetric;
  /** The objective at the weights. */
  readonly objective: number;
}

const drawStream = 0x5c71;

/**
 * Global sparse compositional metric learning in float64: weights w of given directions b that minimise beta Σ w + the mean
 * over triplets of max(0, 1 + d(anchor, near)² - d(anchor, far)²), by regularised dual averaging with adaptive steps. Of the
 * iterations at which the objective is computed the best is kept.
 *
 * @throws MetrogradError when there are no triplets
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.1
 * @see Xiao, "Dual averaging methods for regularized stochastic learning and online optimization" (2010)
 */
export function fitScml(
  inputs: ScmlInputs,
  {
    beta = 1e-5,
    gamma = 0.005,
    delta = 0.001,
    maxIter = 10_000,
    outputIter = 500,
    batchSize = 10,
    seed = 1,
    draws,
  }: ScmlOptions = {},
): GlobalScml {
  const { basis } = inputs;
  const differences = distanceDifferences(inputs), count = differences.rows, bases = basis.rows;
  if (count === 0) throw new MetrogradError("There are no triplets to learn a metric from.");
  const random = new Philox(seed, drawStream);
  const weights = new Float64Array(bases), average = new Float64Array(bases), squares = new Float64Array(bases);
  const gradient = new Float64Array(bases);
  // Before the first look all weights are 0, and every triplet costs 1.
  let best = { weights: weights.slice(), objective: Infinity };
  for (let iteration = 0; iteration < maxIter; iteration++) {
    gradient.fill(0);
    for (let b = 0; b < batchSize; b++) {
      const drawn = draws ? draws[iteration * batchSize + b]! : random.integer(count);
      const difference = rowOf(differences, drawn);
      if (1 + dot(difference, weights) > 0) difference.forEach((value, k) => gradient[k]! += value);
    }
    for (let k = 0; k < bases; k++) {
      const slope = gradient[k]! / batchSize;
      average[k] = (iteration * average[k]! + slope) / (iteration + 1);
      squares[k] = Math.hypot(squares[k]!, slope);
      weights[k] = -(iteration + 1) / (gamma * (delta + squares[k]!)) * Math.min(average[k]! + beta, 0);
    }
    if ((iteration + 1) % outputIter !== 0) continue;
    const objective = objectiveOf(differences, weights, beta);
    if (objective < best.objective) best = { weights: weights.slice(), objective };
  }
  if (best.objective === Infinity) best = { weights, objective: objectiveOf(differences, weights, beta) };
  return { ...best, metric: MahalanobisMetric.fromBasisWeights(basis, best.weights) };
}

/** (b . (anchor - near))² - (b . (anchor - far))² for each triplet and each b, [triplets, bases]. */
function distanceDifferences({ x, triplets, basis }: ScmlInputs): Matrix<Float64Array> {
  const along = rowProducts(x, basis);
  const rows = triplets.length / 3, columns = basis.rows;
  const data = new Float64Array(rows * columns);
  for (let t = 0; t < rows; t++) {
    const [anchor, near, far] = [0, 1, 2].map((i) => rowOf(along, triplets[3 * t + i]!)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let k = 0; k < columns; k++) {
      data[t * columns + k] = (anchor[k]! - near[k]!) ** 2 - (anchor[k]! - far[k]!) ** 2;
    }
  }
  return { data, rows, columns };
}

function objectiveOf(differences: Matrix<Float64Array>, weights: Float64Array, beta: number): number {
  let hinge = 0;
  for (let t = 0; t < differences.rows; t++) hinge += Math.max(0, 1 + dot(rowOf(differences, t), weights));
  return beta * weights.reduce((sum, weight) => sum + weight, 0) + hinge / differences.rows;
}
