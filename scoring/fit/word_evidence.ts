/**
 * What is believed of a word's rate in a topic before counting: with probability 1 - `share` it is the rate everywhere;
 * else the two rates have a ratio drawn from a Gamma distribution.
 */
export interface WordPrior {
  /** Share of the words that a topic has a rate of its own for. */
  readonly share: number;
  /** Shape of the Gamma distribution of their ratios. */
  readonly shape: number;
  /** Its rate. */
  readonly rate: number;
}

/** Most words are neutral; those that are not can be anything from rare to some thousand times as frequent. */
export const defaultWordPrior: WordPrior = { share: 0.05, shape: 0.5, rate: 0.02 };

/** Counts whose marginal likelihoods are tabulated, and how finely, up to which root of the expected count. */
const tabulated = 40, steps = 256, longest = 12;

/**
 * Poisson counts with a spike-and-slab prior on their ratio to what is expected: how much a count speaks for a rate of its
 * own, and what the rate then is.
 *
 * @see Ishwaran and Rao, "Spike and slab variable selection" (2005)
 */
export class WordEvidence {
  readonly #prior: WordPrior;
  readonly #logGamma: number[];
  readonly #constant: number;
  readonly #tables: Float64Array[] = [];

  constructor(prior: WordPrior = defaultWordPrior) {
    this.#prior = prior;
    // log Γ(shape + n) - log Γ(shape), by Γ(x + 1) = x Γ(x).
    this.#logGamma = [0];
    this.#constant = prior.shape * Math.log(prior.rate);
  }

  /** log p(count | a rate of its own) - log p(count | the rate everywhere). */
  #logOdds(count: number, expected: number): number {
    const { shape, rate } = this.#prior;
    const gamma = this.#logGamma;
    while (gamma.length <= count) gamma.push(gamma.at(-1)! + Math.log(shape + gamma.length - 1));
    return this.#constant + gamma[count]! - (count + shape) * Math.log(expected + rate) + expected;
  }

  /** log of the marginal likelihood of a count, relative to the rate everywhere. */
  logMarginal(count: number, expected: number): number {
    const { share } = this.#prior;
    const logOdds = this.#logOdds(count, expected);
    return logOdds > 30 ? Math.log(share) + logOdds : Math.log(1 - share + share * Math.exp(logOdds));
  }

  /** The same, interpolated in a table: a hundred million are needed to compare some hundred groups. */
  fastLogMarginal(count: number, expected: number): number {
    const place = Math.sqrt(expected) * steps, at = Math.floor(place);
    if (count >= tabulated || at >= longest * steps) return this.logMarginal(count, expected);
    const table = this.#tables[count] ??= this.#tabulate(count), from = table[at]!;
    return from + (place - at) * (table[at + 1]! - from);
  }

  #tabulate(count: number): Float64Array {
    return Float64Array.from(
      { length: longest * steps + 1 },
      (_, at) => this.logMarginal(count, (at / steps) ** 2),
    );
  }

  /** log of the expected ratio of a word's rate in a topic to its rate everywhere. */
  logRatio(count: number, expected: number): number {
    const { share, shape, rate } = this.#prior;
    const odds = share / (1 - share) * Math.exp(Math.min(this.#logOdds(count, expected), 50));
    const own = odds / (1 + odds);
    return Math.log(1 - own + own * (count + shape) / (expected + rate));
  }
}
