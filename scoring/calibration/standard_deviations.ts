import { rmse } from "../../data/evaluation.ts";

/** How well predicted standard deviations say how large errors are. */
export interface StandardDeviationCalibration {
  /** Mean squared error / mean predicted variance: above 1 where the model is too sure of itself. */
  readonly varianceRatio: number;
  /** Mean of z², z = (true - predicted) / predicted standard deviation; 1 is right. */
  readonly meanSquaredZ: number;
  /** Mean negative log-likelihood of the true scores under normal distributions. */
  readonly gaussianNll: number;
  /** Share of the rows with |z| < 1; 0.683 under a normal distribution. */
  readonly withinOne: number;
  /** Share of the rows with |z| < 1.96; 0.95 under a normal distribution. */
  readonly withinTwo: number;
  /** For each nominal share, how many rows are inside the interval that should hold so many under a normal distribution. */
  readonly coverage: readonly Coverage[];
  /** Parts of the rows, from the smallest predicted standard deviation to the greatest. */
  readonly byStandardDeviation: readonly StandardDeviationFigure[];
}

/** What an interval should hold, and what it holds. */
export interface Coverage {
  /** Share that it should hold. */
  readonly nominal: number;
  /** Share of the rows that it does hold. */
  readonly found: number;
}

/** Rows of similar predicted standard deviation. */
export interface StandardDeviationFigure {
  /** How many there are. */
  readonly rows: number;
  /** Root of their mean predicted variance: the RMSE to expect. */
  readonly standardDeviation: number;
  /** Their RMSE. */
  readonly rmse: number;
}

/** Half widths of the central intervals of a normal distribution, in standard deviations. */
const normalHalfWidths = [[0.5, 0.67448975], [0.8, 1.28155157], [0.9, 1.64485363], [0.95, 1.95996398]] as const;

/** Smallest standard deviation that is believed. */
const leastStandardDeviation = 1e-6;

const parts = 5;

/**
 * Measures predicted standard deviations against the errors.
 *
 * @param standardDeviation standard deviations of the true scores around the predictions, [rows]
 * @see Gneiting, Raftery, "Strictly proper scoring rules, prediction, and estimation" (2007); Levi et al., "Evaluating and
 * calibrating uncertainty prediction in regression tasks" (2022), for RMSE by predicted standard deviation
 */
export function standardDeviationCalibration(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  standardDeviation: ArrayLike<number>,
): StandardDeviationCalibration {
  const rows = actual.length;
  const sd = Float64Array.from(standardDeviation, (one) => Math.max(one, leastStandardDeviation));
  const error = Float64Array.from(actual, (score, i) => score - predicted[i]!);
  const z = error.map((one, i) => one / sd[i]!);
  const mean = (of: (i: number) => number) => z.reduce((sum, _, i) => sum + of(i), 0) / rows;
  const within = (halfWidth: number) => mean((i) => Math.abs(z[i]!) < halfWidth ? 1 : 0);
  const order = [...sd.keys()].sort((a, b) => sd[a]! - sd[b]! || a - b);
  const count = Math.min(parts, rows), end = (part: number) => Math.round(part * rows / count);
  const byStandardDeviation = Array.from({ length: count }, (_, part) => {
    const own = order.slice(end(part), end(part + 1));
    return {
      rows: own.length,
      standardDeviation: Math.sqrt(own.reduce((sum, i) => sum + sd[i]! ** 2, 0) / own.length),
      rmse: rmse(own.map((i) => predicted[i]!), own.map((i) => actual[i]!)),
    };
  });
  return {
    varianceRatio: mean((i) => error[i]! ** 2) / mean((i) => sd[i]! ** 2),
    meanSquaredZ: mean((i) => z[i]! ** 2),
    gaussianNll: mean((i) => (Math.log(2 * Math.PI * sd[i]! ** 2) + z[i]! ** 2) / 2),
    withinOne: within(1),
    withinTwo: within(1.96),
    coverage: normalHalfWidths.map(([nominal, halfWidth]) => ({ nominal, found: within(halfWidth) })),
    byStandardDeviation,
  };
}
