import type { IsotonicRegression } from "../../recipes/classical/isotonic.ts";
import { ConformalIntervals, type Intervals } from "./conformal.ts";
import type { CalibrationRows } from "./calibration_rows.ts";
import { crossIsotonic, fitIsotonic } from "./isotonic.ts";

/** Ways to correct scores by held-out rows. */
export const calibrateNames = ["none", "isotonic"] as const;
/** Name of a way to correct scores. */
export type CalibrateName = (typeof calibrateNames)[number];

/** What held-out rows are used for. */
export interface CorrectionOptions {
  /** How scores are corrected. */
  readonly calibrate: CalibrateName;
  /** Share of the true scores that intervals should hold; null for no intervals. */
  readonly interval: number | null;
}

/** Scores after correction. */
export interface Corrected {
  /** [rows] */
  readonly score: Float32Array;
  /** Null where none are wanted. */
  readonly intervals: Intervals | null;
}

/** What held-out rows say of scores: how to correct them, and how far off they may be. */
export class Correction {
  private constructor(
    /** What corrects scores; null where they are left as they are. */
    readonly isotonic: IsotonicRegression | null,
    /** What gives intervals; null where none are wanted. */
    readonly conformal: ConformalIntervals | null,
  ) {}

  /**
   * Fits to held-out rows. Intervals around corrected scores are measured on rows that were corrected without having been
   * fitted to.
   *
   * @param source what holds the rows, for messages
   * @throws MetrogradError when there are too few rows
   */
  static fit(rows: CalibrationRows, { calibrate, interval }: CorrectionOptions, source: string): Correction {
    const isotonic = calibrate === "isotonic" ? fitIsotonic(rows) : null;
    const predicted = isotonic ? crossIsotonic(rows) : rows.predicted;
    return new Correction(
      isotonic,
      interval === null ? null : ConformalIntervals.fit({ ...rows, predicted }, interval, source),
    );
  }

  /** Corrects scores. @param standardDeviation as the run gives it */
  apply(score: Float32Array, standardDeviation: Float32Array | null): Corrected {
    const corrected = this.isotonic ? Float32Array.from(this.isotonic.predict(score)) : score;
    return { score: corrected, intervals: this.conformal?.around(corrected, standardDeviation) ?? null };
  }
}
