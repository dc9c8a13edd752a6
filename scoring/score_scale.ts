import { errorFactor, fromStandard, isStandardRange, type ScoreRange } from "../data/scores.ts";
import type { IsotonicFigure } from "./calibration/isotonic.ts";
import type { Intervals } from "./calibration/conformal.ts";
import type { Choice, RegimeChoice } from "../recipes/choice.ts";
import type { SetFigure } from "./set_figure.ts";
import type { ShiftFigure } from "./shift/measure_shifts.ts";

// Models work on scores from 0 to 10, and so do the files of a run. What is shown of data on another scale is on theirs.

/** Scores from 0 to 10 on a scale; the same array where that is its scale. */
export function scaleScores(scores: Float32Array, range: ScoreRange): Float32Array {
  return isStandardRange(range) ? scores : scores.map((score) => fromStandard(score, range));
}

/** Differences of scores from 0 to 10, such as standard deviations, on a scale. */
export function scaleErrors(errors: Float32Array, range: ScoreRange): Float32Array {
  const factor = errorFactor(range);
  return factor === 1 ? errors : errors.map((error) => factor * error);
}

/** Intervals of scores on a scale. */
export function scaleIntervals<Bounds extends Intervals>(intervals: Bounds, range: ScoreRange): Bounds {
  return { ...intervals, low: scaleScores(intervals.low, range), high: scaleScores(intervals.high, range) };
}

const times = (factor: number) => (error: number | null) => error === null ? null : factor * error;

/** Figures of a set of rows on a scale. */
export function scaleSetFigure(figure: SetFigure, range: ScoreRange): SetFigure {
  const factor = errorFactor(range), scaled = times(factor), { rmseInterval, metricMean } = figure;
  return {
    ...figure,
    rmse: factor * figure.rmse,
    ...(rmseInterval ? { rmseInterval: [factor * rmseInterval[0], factor * rmseInterval[1]] } : {}),
    mae: factor * figure.mae,
    constant: factor * figure.constant,
    constantMae: factor * figure.constantMae,
    ridge: scaled(figure.ridge),
    ridgeMae: scaled(figure.ridgeMae),
    ...(metricMean === undefined ? {} : { metricMean: factor * metricMean }),
  };
}

/** Figures of a way to allow for shift on a scale. */
export function scaleShiftFigure(
  { shift, validation, mismatched, mixed }: ShiftFigure,
  range: ScoreRange,
): ShiftFigure {
  const factor = errorFactor(range), scaled = times(factor);
  return { shift, validation: factor * validation, mismatched: scaled(mismatched), mixed: scaled(mixed) };
}

/** Figures of isotonic regression on a scale. */
export function scaleIsotonicFigure(figure: IsotonicFigure, range: ScoreRange): IsotonicFigure {
  const factor = errorFactor(range);
  return { ...figure, rmse: factor * figure.rmse, isotonicRmse: factor * figure.isotonicRmse };
}

/** Errors of candidates on a scale. */
export function scaleChoice(choice: Choice, range: ScoreRange): Choice {
  const scaled = times(errorFactor(range)), { seen, unseen, script } = choice.regimes;
  const scale = (regime: RegimeChoice) => ({ ...regime, rmse: regime.rmse.map(scaled) });
  return { ...choice, regimes: { seen: scale(seen), unseen: scale(unseen), script: scale(script) } };
}
