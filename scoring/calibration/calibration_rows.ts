import type { ConformalRows } from "./conformal.ts";

/** Held-out rows of a run: the plain ones, then those with a metric that does not fit. */
export interface CalibrationRows extends ConformalRows {
  /** Scores as the run gives them, [rows]. */
  readonly predicted: Float64Array;
  /** True scores, [rows]. */
  readonly actual: Float64Array;
  /** Standard deviations that the run gives, [rows]; null where it gives none. */
  readonly standardDeviation: Float64Array | null;
  /** How much each row counts; see `calibrationRows`. */
  readonly weight: Float64Array;
  /** Parts that take turns at being left out; a record is in one part, whatever its metric. */
  readonly part: readonly number[];
  /** Number of each row's group, [rows]; null where the run did not group records. */
  readonly group: readonly number[] | null;
  /** How many rows are plain. */
  readonly plain: number;
}
