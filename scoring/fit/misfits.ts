import { mismatchedScore } from "../../data/pairs/negatives.ts";

/** Highest score that a record is taken to get because its metric does not fit. */
export const highestMisfitScore = 5.5;

/** Share of misfits where nothing speaks for any, which a likelihood can start from. */
export const leastShare = 1e-6;

/** Twice the gain in log-likelihood that one more parameter reaches by chance in one case of a thousand (chi-square). */
const significant = 10.8;

/**
 * Share of rows that do not fit, by expectation maximisation from their density ratios p(metric | text) / p(metric).
 *
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function estimateMisfitShare(ratios: ArrayLike<number>, start = 0.1): number {
  let share = start;
  for (let step = 0; step < 200; step++) {
    let sum = 0;
    for (let row = 0; row < ratios.length; row++) sum += misfitProbability(ratios[row]!, share);
    const next = Math.min(Math.max(sum / ratios.length, leastShare), 1 - leastShare);
    if (Math.abs(next - share) < 1e-9) return next;
    share = next;
  }
  return share;
}

/** log of the likelihood of rows' metrics when a share of them does not fit, but for a constant. */
export function logLikelihoodOfShare(ratios: ArrayLike<number>, share: number): number {
  let sum = 0;
  for (let row = 0; row < ratios.length; row++) sum += Math.log((1 - share) * ratios[row]! + share);
  return sum;
}

/**
 * True where rows are significantly likelier with a share of misfits of their own than with a given one (likelihood ratio
 * test, p < 0.001), and than with one in common with reference rows: ratios that are biased are so of both.
 */
export function callForShare(ratios: Float64Array, given: number, reference: Float64Array): boolean {
  const likeliest = (some: Float64Array) => logLikelihoodOfShare(some, estimateMisfitShare(some));
  if (2 * (likeliest(ratios) - logLikelihoodOfShare(ratios, given)) <= significant) return false;
  if (reference.length === 0) return true;
  const both = new Float64Array([...ratios, ...reference]);
  return 2 * (likeliest(ratios) + likeliest(reference) - likeliest(both)) > significant;
}

/** Probability that a row's metric does not fit, by Bayes' rule. */
export function misfitProbability(ratio: number, share: number): number {
  return share / (share + (1 - share) * ratio);
}

/**
 * The rows that are taken for misfits: those that are likelier misfits than not, and no more of them than the share says.
 *
 * @param misfit probability of each row
 */
export function calledMisfits(misfit: Float64Array): boolean[] {
  const most = Math.round(misfit.reduce((sum, one) => sum + one, 0));
  const ranked = [...misfit.keys()].filter((row) => misfit[row]! > 0.5).sort((a, b) => misfit[b]! - misfit[a]!);
  const called = new Set(ranked.slice(0, most));
  return Array.from(misfit, (_, row) => called.has(row));
}

/** How many observed rows the prior knowledge of misfits' scores is worth. */
const priorRows = 3;

/** Sum of squares of the nearness that the prior slope, 0, is worth. */
const slopePrior = 0.3;

/** A straight line with shrunken slope: the score of rows whose metric does not fit, over how near their metric is to their text. */
export interface MisfitScores {
  /** Score at the center. */
  readonly mean: number;
  /** Change of the score per unit of nearness. */
  readonly slope: number;
  /** Mean nearness of the rows that it was fitted to. */
  readonly center: number;
}

/**
 * The scores of rows that do not fit, by weighted ridge regression on the nearness of metric and text. Without any such
 * rows it is what is known of them in general.
 *
 * @param weight probability of each row that it does not fit
 */
export function fitMisfitScores(
  nearness: ArrayLike<number>,
  score: ArrayLike<number>,
  weight: ArrayLike<number>,
): MisfitScores {
  let total = priorRows, sum = priorRows * mismatchedScore, near = 0, counted = 0;
  for (let row = 0; row < score.length; row++) {
    total += weight[row]!;
    counted += weight[row]!;
    sum += weight[row]! * score[row]!;
    near += weight[row]! * nearness[row]!;
  }
  const mean = sum / total, center = counted > 0 ? near / counted : 0;
  let products = 0, squares = slopePrior;
  for (let row = 0; row < score.length; row++) {
    const from = nearness[row]! - center;
    products += weight[row]! * from * (score[row]! - mean);
    squares += weight[row]! * from ** 2;
  }
  return { mean, slope: products / squares, center };
}

/** The expected score of a row that does not fit, within 0 and `highestMisfitScore`. @param nearness NaN where it is not known */
export function misfitScore({ mean, slope, center }: MisfitScores, nearness: number): number {
  if (Number.isNaN(nearness)) return mean;
  return Math.min(Math.max(mean + slope * (nearness - center), 0), highestMisfitScore);
}
