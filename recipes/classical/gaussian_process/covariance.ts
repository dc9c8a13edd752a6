/** A term of a covariance: σ² exp(-Σ_k λ_k D_k) over some of the squared distances. */
export interface CovarianceTerm {
  /** Which distances, by number. */
  readonly distances: readonly number[];
  /** log σ² and then log λ of each distance, to begin a search with. */
  readonly start: readonly number[];
}

/** Pairs at a time, so that their exponents stay in the cache. */
const stretch = 4096;

/** log of the noise's variance to begin a search with. */
const startNoise = 0.9;

/**
 * Sum of squared-exponential terms, each over squared distances of its own, and noise. Its parameters are one list of
 * logarithms: the noise's variance, then of each term σ² and λ of each of its distances.
 *
 * @see Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), sections 4.2 and 5.4
 */
export class Covariance {
  readonly start: Float64Array;
  readonly #offsets: readonly number[];

  constructor(readonly terms: readonly CovarianceTerm[]) {
    this.start = Float64Array.from([startNoise, ...terms.flatMap(({ start }) => start)]);
    let offset = 1;
    this.#offsets = terms.map(({ start }) => (offset += start.length) - start.length);
  }

  /** σ² and λ of each term, and the noise's variance. */
  values(parameters: ArrayLike<number>): { noise: number; terms: { variance: number; scales: number[] }[] } {
    return {
      noise: Math.exp(parameters[0]!),
      terms: this.terms.map(({ distances }, t) => {
        const at = this.#offsets[t]!;
        return {
          variance: Math.exp(parameters[at]!),
          scales: distances.map((_, k) => Math.exp(parameters[at + 1 + k]!)),
        };
      }),
    };
  }

  /** Parameters that give the same for distances as they are as the given ones for distances in units. */
  inUnits(parameters: Float64Array, units: ArrayLike<number>): Float64Array {
    const changed = parameters.slice();
    this.terms.forEach(({ distances }, term) =>
      distances.forEach((kind, k) => changed[this.#offsets[term]! + 1 + k]! -= Math.log(units[kind]!))
    );
    return changed;
  }

  /** The covariance of pairs, without noise. @param distances of each kind, one number a pair */
  fill(distances: readonly Float32Array[], parameters: ArrayLike<number>, into: Float32Array | Float64Array): void {
    into.fill(0);
    const { terms } = this.values(parameters), exponent = new Float64Array(stretch);
    for (let from = 0; from < into.length; from += stretch) {
      const count = Math.min(stretch, into.length - from);
      terms.forEach(({ variance, scales }, t) => {
        exponent.fill(0);
        this.terms[t]!.distances.forEach((kind, k) => addScaled(exponent, scales[k]!, distances[kind]!, from, count));
        for (let i = 0; i < count; i++) into[from + i]! += variance * Math.exp(-exponent[i]!);
      });
    }
  }

  /**
   * Σ_pairs weight · ∂k/∂parameter for every parameter but the noise, whose place is left 0.
   *
   * @param weights of each pair
   */
  gradient(distances: readonly Float32Array[], parameters: ArrayLike<number>, weights: Float64Array): Float64Array {
    const gradient = new Float64Array(parameters.length);
    this.values(parameters).terms.forEach(({ variance, scales }, t) => {
      const used = this.terms[t]!.distances.map((k) => distances[k]!);
      const sums = new Float64Array(used.length + 1);
      for (let pair = 0; pair < weights.length; pair++) {
        const weight = weights[pair]!;
        if (weight === 0) continue;
        let exponent = 0;
        for (let k = 0; k < used.length; k++) exponent += scales[k]! * used[k]![pair]!;
        const value = weight * variance * Math.exp(-exponent);
        sums[0]! += value;
        for (let k = 0; k < used.length; k++) sums[k + 1]! -= value * scales[k]! * used[k]![pair]!;
      }
      gradient.set(sums, this.#offsets[t]!);
    });
    return gradient;
  }
}

function addScaled(into: Float64Array, scale: number, values: Float32Array, from: number, count: number): void {
  for (let i = 0; i < count; i++) into[i]! += scale * values[from + i]!;
}
