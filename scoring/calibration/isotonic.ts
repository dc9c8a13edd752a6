import { rmse } from "../../data/evaluation.ts";
import { IsotonicRegression } from "../../recipes/classical/isotonic.ts";
import type { CalibrationRows } from "./calibration_rows.ts";

/** What isotonic regression does to the error on a set of held-out rows. */
export interface IsotonicFigure {
  /** "validation" or "mismatched validation". */
  readonly set: string;
  /** How many rows it has. */
  readonly rows: number;
  /** RMSE as the run predicts them. */
  readonly rmse: number;
  /** RMSE after isotonic regressions that were fitted to other rows. */
  readonly isotonicRmse: number;
}

/** The increasing function of predictions that is nearest to the true scores of held-out rows. */
export function fitIsotonic({ predicted, actual, weight }: CalibrationRows): IsotonicRegression {
  return IsotonicRegression.fit(predicted, actual, weight);
}

/** Held-out rows as isotonic regressions predict them, each row by one that was fitted to the other parts. */
export function crossIsotonic(rows: CalibrationRows): Float64Array {
  const { predicted, weight, part } = rows, crossed = predicted.slice();
  for (const left of new Set(part)) {
    const others = weight.map((one, i) => part[i] === left ? 0 : one);
    // With one part alone there is nothing to fit to.
    if (!others.some((one) => one > 0)) continue;
    fitIsotonic({ ...rows, weight: others }).predict(predicted).forEach((score, i) => {
      if (part[i] === left) crossed[i] = score;
    });
  }
  return crossed;
}

/** What isotonic regression does to the errors on plain rows and on those with a metric that does not fit. */
export function isotonicFigures(rows: CalibrationRows): IsotonicFigure[] {
  const crossed = crossIsotonic(rows), { predicted, actual, plain } = rows;
  const figure = (set: string, from: number, to: number): IsotonicFigure => ({
    set,
    rows: to - from,
    rmse: rmse(predicted.subarray(from, to), actual.subarray(from, to)),
    isotonicRmse: rmse(crossed.subarray(from, to), actual.subarray(from, to)),
  });
  const sets = [figure("validation", 0, plain), figure("mismatched validation", plain, actual.length)];
  return sets.filter(({ rows }) => rows > 0);
}
