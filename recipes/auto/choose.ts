/** Out-of-fold predictions of every candidate for the same rows. */
export interface JudgedRows {
  readonly score: Float64Array;
  /** By candidate, the simplest first, within 0 and 10. */
  readonly predictions: readonly Float64Array[];
  /** How complex each candidate is, never less than the one before; of those alike the one with the lowest error counts. */
  readonly complexity: readonly number[];
  /** Number of the fold that each row was held out in: weights are judged on rows of other folds than they were found on. */
  readonly fold: Uint32Array;
  /** What rows have in common, by kind: numbers of groups, of metrics. Rows with one number err together. */
  readonly clusters: readonly Uint32Array[];
}

/** What was chosen, and by what. */
export interface Chosen {
  /** Weight of each candidate but the first, the constant, which has what is left of 1. */
  readonly weights: Float64Array;
  /** Number of the candidate; that of a weighted mean is the count of candidates. */
  readonly chosen: number;
  /** RMSE of each candidate, then of the weighted mean. */
  readonly rmse: Float64Array;
}

/**
 * Chooses the simplest candidate whose mean squared error is within a standard error of the lowest, of those that are as
 * simple the one with the lowest error; or a weighted mean of all, where that is lower still by more than one.
 *
 * @see Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees" (1984), section 3.4.3
 * @see Wolpert, "Stacked generalization" (1992), Breiman, "Stacked regressions" (1996): weights are not negative
 */
export function choose(rows: JudgedRows): Chosen {
  const { score, predictions } = rows;
  const all = [...predictions, crossFitted(rows)];
  const squares = all.map((one) => one.map((value, row) => (value - score[row]!) ** 2));
  const errors = squares.map((one) => mean(one));
  const rmse = Float64Array.from(errors, Math.sqrt);
  const candidates = Array.from(predictions.keys());
  const best = candidates.reduce((a, b) => errors[b]! < errors[a]! ? b : a);
  const within = (one: number, other: number) =>
    errors[one]! - errors[other]! <= standardError(squares[one]!, squares[other]!, rows.clusters);
  const simplest = candidates.find((one) => within(one, best))!;
  const single = candidates.filter((one) => rows.complexity[one] === rows.complexity[simplest])
    .reduce((a, b) => errors[b]! < errors[a]! ? b : a);
  const last = predictions.length;
  const chosen = score.length > 0 && !within(best, last) ? last : single;
  const weights = chosen === last
    ? stackWeights(rows)
    : Float64Array.from({ length: last - 1 }, (_, i) => i + 1 === chosen ? 1 : 0);
  return { weights, chosen, rmse };
}

/** Σ w_i p_i + (1 - Σ w_i) p_0. @param weights of all but the first */
export function mix(predictions: readonly Float64Array[], weights: Float64Array): Float64Array {
  const [first, ...others] = predictions;
  return first!.map((value, row) => others.reduce((sum, one, i) => sum + weights[i]! * (one[row]! - value), value));
}

/** The weighted mean, of each fold's rows by weights that the other folds call for. */
function crossFitted({ score, predictions, fold }: JudgedRows): Float64Array {
  const mixed = new Float64Array(score.length);
  for (const held of new Set(fold)) {
    const others = Array.from(fold.keys()).filter((row) => fold[row] !== held);
    const part = (values: Float64Array) => Float64Array.from(others, (row) => values[row]!);
    const weights = stackWeights({ score: part(score), predictions: predictions.map(part) });
    mix(predictions, weights).forEach((value, row) => {
      if (fold[row] === held) mixed[row] = value;
    });
  }
  return mixed;
}

/** Weights of all candidates but the first that fit the scores best, none below 0 and no more than 1 together. */
function stackWeights({ score, predictions }: Pick<JudgedRows, "score" | "predictions">): Float64Array {
  const [first, ...others] = predictions;
  const x = others.map((one) => one.map((value, row) => value - first![row]!));
  const y = score.map((value, row) => value - first![row]!);
  const gram = x.map((a) => x.map((b) => dot(a, b))), moment = x.map((a) => dot(a, y));
  const weights = new Float64Array(x.length);
  // Coordinate descent on a convex problem of a few unknowns.
  for (let sweep = 0; sweep < 500; sweep++) {
    for (let i = 0; i < x.length; i++) {
      if (gram[i]![i]! === 0) continue;
      const rest = moment[i]! - weights.reduce((sum, w, j) => sum + (j === i ? 0 : w * gram[i]![j]!), 0);
      weights[i] = Math.max(rest / gram[i]![i]!, 0);
    }
  }
  const total = weights.reduce((sum, one) => sum + one, 0);
  return total > 1 ? weights.map((one) => one / total) : weights;
}

/** Standard error of the mean difference of two columns: the greatest over the kinds of what rows have in common. */
function standardError(a: Float64Array, b: Float64Array, clusters: readonly Uint32Array[]): number {
  const difference = a.map((value, row) => value - b[row]!), center = mean(difference);
  return Math.max(...clusters.map((numbers) => {
    const sums = new Map<number, number>();
    difference.forEach((value, row) => sums.set(numbers[row]!, (sums.get(numbers[row]!) ?? 0) + value - center));
    const count = sums.size;
    if (count < 2) return 0;
    const square = [...sums.values()].reduce((sum, one) => sum + one * one, 0);
    return Math.sqrt(square * count / (count - 1)) / difference.length;
  }));
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
