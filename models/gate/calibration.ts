import { cholesky, choleskySolve } from "../classical/cholesky.ts";

/** Log odds of rows by each of the gate's experts, [experts][rows]. */
export type ExpertOdds = readonly Float64Array[];

/** From the odds of experts to such that can be believed: log odds' = Σ slope · log odds + shift. */
export interface OddsCalibration {
  /** A slope for each expert: 1 leaves odds as they are, less draws them towards 1, 0 leaves the expert out. */
  readonly slopes: readonly number[];
  /** Above 0 records are taken to fit more often. */
  readonly shift: number;
}

/** What of a calibration is fitted, and how much the rows say. */
export interface CalibrationForm {
  /** Numbers of the experts that are listened to. */
  readonly experts: readonly number[];
  /** False to leave the shift at 0. */
  readonly shifts: boolean;
  /**
   * How many rows of each kind there are that are not alike: rows of one conversation count once. After so many of a kind
   * the next one is of it with probability (n + 1) / (n + 2), which is what odds are fitted to; without it rows that are
   * parted without a fault would make all odds infinite.
   */
  readonly sources: number;
}

/** A calibration, and how likely it makes what it was fitted to. */
export interface FittedCalibration extends OddsCalibration {
  /** Cross-entropy of each row that fits, and of each that does not. */
  readonly losses: readonly [fitting: Float64Array, misfitting: Float64Array];
}

/** Greatest |log odds| that is taken at its word. */
const mostLogOdds = 27;

const bounded = (logOdds: number) => Math.min(Math.max(logOdds, -mostLogOdds), mostLogOdds);

/** Odds as a calibration has them. */
export function calibrate({ slopes, shift }: OddsCalibration, logOdds: ExpertOdds): Float64Array<ArrayBuffer> {
  return Float64Array.from(
    logOdds[0]!,
    (_, row) => Math.exp(slopes.reduce((sum, slope, expert) => sum + slope * bounded(logOdds[expert]![row]!), shift)),
  );
}

/** Mean of `FittedCalibration.losses` over the rows that fit and over those that do not, added up, with its standard error. */
export function meanLoss(losses: readonly Float64Array[]): { readonly loss: number; readonly error: number } {
  let loss = 0, variance = 0;
  for (const each of losses) {
    const mean = each.reduce((sum, one) => sum + one, 0) / each.length;
    loss += mean;
    variance += each.reduce((sum, one) => sum + (one - mean) ** 2, 0) / each.length ** 2;
  }
  return { loss, error: Math.sqrt(variance) };
}

/** The `meanLoss` of odds that say nothing. */
export const chanceLoss = 2 * Math.LN2;

/**
 * The calibration that makes rows that fit and rows that do not likeliest, both kinds counted alike: logistic regression by
 * Newton's method, of probabilities that are never quite 0 or 1 (Platt, 1999).
 */
export function fitCalibration(
  fitting: ExpertOdds,
  misfitting: ExpertOdds,
  { experts, shifts, sources }: CalibrationForm,
): FittedCalibration {
  const target = (sources + 1) / (sources + 2);
  const kinds = [{ odds: fitting, sign: 1 }, { odds: misfitting, sign: -1 }].map(({ odds, sign }) => ({
    sign,
    target,
    columns: [
      ...experts.map((expert) => odds[expert]!.map(bounded)),
      ...(shifts ? [new Float64Array(odds[0]!.length).fill(1)] : []),
    ],
  }));
  let found = experts.map(() => 1 / experts.length);
  if (shifts) found.push(0);
  let losses = lossesOf(kinds, found), { loss } = meanLoss(losses);
  for (let step = 0; step < 50; step++) {
    const move = newtonStep(kinds, found);
    let next = found, nextLosses = losses, nextLoss = loss;
    // Half the step until it leads down.
    for (let length = 1; length > 1e-4 && nextLoss >= loss; length /= 2) {
      next = found.map((one, i) => one - length * move[i]!);
      nextLosses = lossesOf(kinds, next);
      nextLoss = meanLoss(nextLosses).loss;
    }
    if (nextLoss >= loss - 1e-10) break;
    [found, losses, loss] = [next, nextLosses, nextLoss];
  }
  const slopes = fitting.map((_, expert) => experts.includes(expert) ? found[experts.indexOf(expert)]! : 0);
  return { slopes, shift: shifts ? found.at(-1)! : 0, losses: losses as [Float64Array, Float64Array] };
}

/** What the log odds of rows are a weighted sum of, 1 for rows that fit and -1 for such that do not, and how surely. */
type Kinds = readonly {
  readonly columns: readonly Float64Array[];
  readonly sign: number;
  readonly target: number;
}[];

const sumOf = (columns: readonly Float64Array[], weights: readonly number[], row: number) =>
  columns.reduce((sum, column, i) => sum + weights[i]! * column[row]!, 0);

function lossesOf(kinds: Kinds, weights: readonly number[]): Float64Array[] {
  return kinds.map(({ columns, sign, target }) =>
    columns[0]!.map((_, row) => {
      const right = sign * sumOf(columns, weights, row);
      return target * softplus(-right) + (1 - target) * softplus(right);
    })
  );
}

/** What Newton's method takes from the weights. */
function newtonStep(kinds: Kinds, weights: readonly number[]): Float64Array {
  const size = weights.length, pull = new Float64Array(size), bend = new Float64Array(size * size);
  for (let i = 0; i < size; i++) bend[i * size + i] = 1e-9;
  for (const { columns, sign, target } of kinds) {
    const rows = columns[0]!.length;
    for (let row = 0; row < rows; row++) {
      const wrong = 1 / (1 + Math.exp(sign * sumOf(columns, weights, row)));
      columns.forEach((column, i) => {
        pull[i]! -= sign * (wrong - (1 - target)) * column[row]! / rows;
        for (let j = 0; j <= i; j++) {
          bend[i * size + j]! += wrong * (1 - wrong) * column[row]! * columns[j]![row]! / rows;
        }
      });
    }
  }
  cholesky(bend, size);
  choleskySolve(bend, size, pull);
  return pull;
}

/** log(1 + exp x) */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Area under the ROC curve: of a fitting and a misfitting row, how often the first has the greater odds. */
export function pairAccuracy(fitting: Float64Array, misfitting: Float64Array): number {
  const sorted = misfitting.toSorted();
  const below = (value: number, orEqual: boolean) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const sum = fitting.reduce((total, value) => total + (below(value, false) + below(value, true)) / 2, 0);
  return fitting.length > 0 && misfitting.length > 0 ? sum / fitting.length / misfitting.length : 0.5;
}
