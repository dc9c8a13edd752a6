/** From the odds of a topic model to such that can be believed: log odds' = slope · log odds + shift. */
export interface OddsCalibration {
  /** 1 leaves odds as they are; less draws them towards 1. */
  readonly slope: number;
  /** Above 0 records are taken to fit more often. */
  readonly shift: number;
}

/** Odds as they are. */
export const uncalibrated: OddsCalibration = { slope: 1, shift: 0 };

/** A calibration, and how likely it makes what it was fitted to. */
export interface FittedCalibration extends OddsCalibration {
  /** Mean -log p of the rows that fit and of those that do not, added up. */
  readonly loss: number;
  /** Standard error of that. */
  readonly lossError: number;
}

/** Greatest |log odds| that is taken at its word. */
const mostLogOdds = 27;

/** log of odds, within bounds. */
const logOf = (odds: number) => Math.min(Math.max(Math.log(odds), -mostLogOdds), mostLogOdds);

/** Odds as a calibration has them. */
export function calibrate({ slope, shift }: OddsCalibration, odds: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(odds, (one) => Math.exp(slope * logOf(one) + shift));
}

/** Mean -log p, added up as in `FittedCalibration`, of odds that say nothing. */
export const chanceLoss = 2 * Math.LN2;

/**
 * The calibration that makes rows that fit and rows that do not likeliest, both kinds counted alike: logistic regression by
 * Newton's method (Platt, 1999).
 *
 * @param options.shifts false to leave the shift at 0
 */
export function fitCalibration(
  fitting: Float64Array,
  misfitting: Float64Array,
  { shifts }: { readonly shifts: boolean },
): FittedCalibration {
  const kinds = [{ x: fitting.map(logOf), sign: 1 }, { x: misfitting.map(logOf), sign: -1 }];
  let found = { slope: 1, shift: 0, ...lossOf(kinds, uncalibrated) };
  for (let step = 0; step < 50; step++) {
    const [slopeStep, shiftStep] = newtonStep(kinds, found, shifts);
    let next = found;
    // Half the step until it leads down.
    for (let length = 1; length > 1e-4 && next.loss >= found.loss; length /= 2) {
      const tried = { slope: found.slope - length * slopeStep, shift: found.shift - length * shiftStep };
      next = { ...tried, ...lossOf(kinds, tried) };
    }
    if (next.loss >= found.loss - 1e-10) break;
    found = next;
  }
  return found;
}

/** log odds of rows, and 1 for such that fit, -1 for such that do not. */
type Kinds = readonly { readonly x: Float64Array; readonly sign: number }[];

function lossOf(kinds: Kinds, { slope, shift }: OddsCalibration): { loss: number; lossError: number } {
  let loss = 0, variance = 0;
  for (const { x, sign } of kinds) {
    const each = x.map((one) => softplus(-sign * (slope * one + shift)));
    const mean = each.reduce((sum, one) => sum + one, 0) / x.length;
    loss += mean;
    variance += each.reduce((sum, one) => sum + (one - mean) ** 2, 0) / x.length ** 2;
  }
  return { loss, lossError: Math.sqrt(variance) };
}

/** What Newton's method takes from slope and shift. */
function newtonStep(kinds: Kinds, { slope, shift }: OddsCalibration, shifts: boolean): readonly [number, number] {
  let slopePull = 0, shiftPull = 0, slopeBend = 1e-9, bothBend = 0, shiftBend = 1e-9;
  for (const { x, sign } of kinds) {
    for (const one of x) {
      const wrong = 1 / (1 + Math.exp(sign * (slope * one + shift)));
      const pull = -sign * wrong / x.length, bend = wrong * (1 - wrong) / x.length;
      slopePull += pull * one;
      shiftPull += pull;
      slopeBend += bend * one ** 2;
      bothBend += bend * one;
      shiftBend += bend;
    }
  }
  if (!shifts) return [slopePull / slopeBend, 0];
  const determinant = slopeBend * shiftBend - bothBend ** 2;
  return [
    (shiftBend * slopePull - bothBend * shiftPull) / determinant,
    (slopeBend * shiftPull - bothBend * slopePull) / determinant,
  ];
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
