import { Philox } from "../../../kernels/philox.ts";

/** Rows of known classes with their exact class probabilities under the shares that a model was trained on. */
export interface PlantedRows {
  readonly truth: Uint8Array;
  /** [rows, 11] */
  readonly probabilities: Float64Array;
}

/** Shares of the score classes like those of real train sets, none of them 0. */
export const trainedShares = normalized([0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.03, 0.05, 0.1, 0.4, 0.3]);
/** The same of a test set of which four tenths score near 2. */
export const shiftedShares = normalized([0.04, 0.1, 0.2, 0.06, 0.02, 0.01, 0.02, 0.03, 0.07, 0.25, 0.2]);

/** Draws classes by their shares, and of each row a number that is normal around its class: all that a model sees. */
export function plant(shares: ArrayLike<number>, rows: number, seed: number, deviation = 1): PlantedRows {
  const random = new Philox(seed);
  const truth = new Uint8Array(rows), probabilities = new Float64Array(rows * 11);
  for (let row = 0; row < rows; row++) {
    let left = random.uniform(), one = 0;
    while (one < 10 && left >= shares[one]!) left -= shares[one++]!;
    truth[row] = one;
    const seen = one + deviation * random.normal();
    const weights = trainedShares.map((share, k) => share * Math.exp(-((seen - k) ** 2) / (2 * deviation ** 2)));
    probabilities.set(normalized(weights), row * 11);
  }
  return { truth, probabilities };
}

/** Divided by the sum. */
export function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((sum, one) => sum + one, 0);
  return weights.map((one) => one / sum);
}

/** Predictions of a class head. */
export function classHead(probabilities: ArrayLike<number>) {
  const rows = probabilities.length / 11;
  const score = Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let one = 0; one < 11; one++) sum += one * probabilities[row * 11 + one]!;
    return sum;
  });
  return { score, standardDeviation: new Float32Array(rows).fill(1), probabilities: Float32Array.from(probabilities) };
}
