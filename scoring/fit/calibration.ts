import { cholesky, choleskySolve } from "../../recipes/classical/cholesky.ts";

/** Log density ratios of rows by each expert, [experts][rows]. */
export type LogRatios = readonly Float64Array[];

/** From the log ratios of experts to one that is calibrated: Σ slope · log ratio + shift. */
export interface Calibration {
  /** A slope for each expert; 0 leaves it out. */
  readonly slopes: readonly number[];
  /** Above 0 rows fit more often than the experts say. */
  readonly shift: number;
}

/** Held-out rows, and the same texts with swapped metrics, as the experts see them. */
export interface CalibrationRows {
  /** Rows as they are. */
  readonly fitting: LogRatios;
  /** Rows with swapped metrics. */
  readonly swapped: LogRatios;
  /** What makes rows alike, such as their conversation: number of the unit of each row that is as it is, and of each swapped one. */
  readonly units: readonly [fitting: ArrayLike<number>, swapped: ArrayLike<number>];
}

/** A calibration, and how well it does on the rows that it was fitted to. */
export interface FittedCalibration extends Calibration {
  /** Cross-entropy of each row that fits, and of each with a swapped metric. */
  readonly losses: readonly [fitting: Float64Array, swapped: Float64Array];
}

/** Greatest log ratio that is taken at its word. */
const mostLogRatio = 27;

const bounded = (logRatio: number) => Math.min(Math.max(logRatio, -mostLogRatio), mostLogRatio);

/** Calibrated density ratios, [rows]. */
export function calibrate({ slopes, shift }: Calibration, logRatios: LogRatios): Float64Array<ArrayBuffer> {
  return Float64Array.from(
    logRatios[0]!,
    (_, row) =>
      Math.exp(bounded(slopes.reduce((sum, slope, expert) => sum + slope * bounded(logRatios[expert]![row]!), shift))),
  );
}

/** Loss of a ratio that says nothing. */
export const chanceLoss = 2 * Math.LN2;

/**
 * Mean loss of the rows that fit plus that of those with swapped metrics, and its standard error, for which rows of one unit
 * count as one.
 */
export function meanLoss(
  losses: readonly Float64Array[],
  units: CalibrationRows["units"],
): { readonly loss: number; readonly error: number } {
  let loss = 0;
  const apart = new Map<number, number>();
  losses.forEach((each, kind) => {
    const mean = each.reduce((sum, one) => sum + one, 0) / each.length;
    loss += mean;
    each.forEach((one, row) => {
      const unit = units[kind]![row]!;
      apart.set(unit, (apart.get(unit) ?? 0) + (one - mean) / each.length);
    });
  });
  const squares = [...apart.values()].reduce((sum, one) => sum + one ** 2, 0);
  return { loss, error: Math.sqrt(squares * apart.size / Math.max(apart.size - 1, 1)) };
}

/**
 * The calibration of the simplest set of experts that makes held-out rows as likely as the best set does, within a standard
 * error of the difference. Of as many experts those without a shift are simpler.
 *
 * @param available numbers of the experts that may be taken
 */
export function chooseCalibration(rows: CalibrationRows, available: readonly number[]): FittedCalibration {
  const sets = Array.from(
    { length: 2 ** available.length - 1 },
    (_, i) => available.filter((_, bit) => i + 1 >> bit & 1),
  );
  const tried = [false, true].flatMap((shifts) =>
    sets.toSorted((a, b) => a.length - b.length).map((experts) => fitCalibration(rows, { experts, shifts }))
  );
  const sensible = tried.filter(({ slopes }) => slopes.every((slope) => slope >= 0));
  const lossOf = ({ losses }: FittedCalibration) => meanLoss(losses, rows.units).loss;
  const best = sensible.reduce((a, b) => lossOf(b) < lossOf(a) ? b : a, sensible[0] ?? tried[0]!);
  const isAsLikely = ({ losses }: FittedCalibration) => {
    const apart = losses.map((each, kind) => each.map((one, row) => one - best.losses[kind]![row]!));
    const { loss, error } = meanLoss(apart, rows.units);
    return loss <= error;
  };
  return sensible.find(isAsLikely) ?? best;
}

/**
 * The calibration under which rows that fit and rows with swapped metrics are likeliest, both kinds counted alike: logistic
 * regression by Newton's method. Its targets are not quite 0 and 1: after n units of a kind the next is of it with
 * probability (n + 1) / (n + 2), without which kinds that are separable would make all ratios infinite.
 *
 * @see Platt, "Probabilistic outputs for support vector machines" (1999)
 */
export function fitCalibration(
  { fitting, swapped, units }: CalibrationRows,
  { experts, shifts }: { readonly experts: readonly number[]; readonly shifts: boolean },
): FittedCalibration {
  const count = new Set(Array.from(units[0])).size, target = (count + 1) / (count + 2);
  const kinds = [{ ratios: fitting, sign: 1 }, { ratios: swapped, sign: -1 }].map(({ ratios, sign }) => ({
    sign,
    target,
    columns: [
      ...experts.map((expert) => ratios[expert]!.map(bounded)),
      ...(shifts ? [new Float64Array(ratios[0]!.length).fill(1)] : []),
    ],
  }));
  let found = experts.map(() => 1 / experts.length);
  if (shifts) found.push(0);
  let losses = lossesOf(kinds, found), loss = totalOf(losses);
  for (let step = 0; step < 50; step++) {
    const move = newtonStep(kinds, found);
    let next = found, nextLosses = losses, nextLoss = loss;
    // Half the step until it leads down.
    for (let length = 1; length > 1e-4 && nextLoss >= loss; length /= 2) {
      next = found.map((one, i) => one - length * move[i]!);
      nextLosses = lossesOf(kinds, next);
      nextLoss = totalOf(nextLosses);
    }
    if (nextLoss >= loss - 1e-10) break;
    [found, losses, loss] = [next, nextLosses, nextLoss];
  }
  const slopes = fitting.map((_, expert) => experts.includes(expert) ? found[experts.indexOf(expert)]! : 0);
  return { slopes, shift: shifts ? found.at(-1)! : 0, losses: losses as [Float64Array, Float64Array] };
}

/** What the log ratios of rows are a weighted sum of, 1 for rows that fit and -1 for others, and how surely. */
type Kinds = readonly {
  readonly columns: readonly Float64Array[];
  readonly sign: number;
  readonly target: number;
}[];

const totalOf = (losses: readonly Float64Array[]) =>
  losses.reduce((total, each) => total + each.reduce((sum, one) => sum + one, 0) / each.length, 0);

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
  const size = weights.length, gradient = new Float64Array(size), hessian = new Float64Array(size * size);
  for (let i = 0; i < size; i++) hessian[i * size + i] = 1e-9;
  for (const { columns, sign, target } of kinds) {
    const rows = columns[0]!.length;
    for (let row = 0; row < rows; row++) {
      const wrong = 1 / (1 + Math.exp(sign * sumOf(columns, weights, row)));
      columns.forEach((column, i) => {
        gradient[i]! -= sign * (wrong - (1 - target)) * column[row]! / rows;
        for (let j = 0; j <= i; j++) {
          hessian[i * size + j]! += wrong * (1 - wrong) * column[row]! * columns[j]![row]! / rows;
        }
      });
    }
  }
  cholesky(hessian, size);
  choleskySolve(hessian, size, gradient);
  return gradient;
}

/** log(1 + exp x) */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Area under the ROC curve: how often a row that fits has the greater ratio than one that does not. */
export function pairAccuracy(fitting: Float64Array, swapped: Float64Array): number {
  const sorted = swapped.toSorted();
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
  return fitting.length > 0 && swapped.length > 0 ? sum / fitting.length / swapped.length : 0.5;
}
