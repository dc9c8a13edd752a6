import { meanScore } from "../../data/evaluation.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { FitEvidence, FitModel, MisfitShares } from "../fit/fit_model.ts";
import { regimeNames } from "../fit/regimes.ts";
import { finishScore } from "../finish_score.ts";
import { type Predictions, standardDeviationOf } from "../../recipes/training/predict_rows.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import { estimateByBbse } from "./bbse.ts";
import { classProbabilities, expectedScores } from "./classes.ts";
import { estimateByEm } from "./em.ts";
import type { ClassKnowledge } from "./held_out.ts";
import { underShift } from "./label_shift.ts";
import { moveMean } from "./mean.ts";
import { misfitShares } from "./misfit_share.ts";
import type { EstimatorName, ShiftName } from "./names.ts";
import type { TargetRows } from "./rows.ts";

/** What a run allows for shift by. */
export interface ShiftKnowledge {
  /** The run's fit model, where it has one that is informative. */
  readonly fit: FitModel | null;
  /** Null where the run keeps no class probabilities of held-out rows. */
  readonly classes: ClassKnowledge | null;
  /** What messages call the run. */
  readonly run: string;
}

/** What was taken of the target rows to score them: held-out rows that are to resemble them are scored and weighed by it. */
export type AppliedShift =
  /** Share of them that does not fit, in all and by regime. */
  | { readonly kind: "misfits"; readonly share: number; readonly shares: MisfitShares }
  /** Their class shares over those of training, [11]. */
  | { readonly kind: "classes"; readonly ratios: Float64Array };

/** What a fit model took the target rows for. */
export interface FitSummary {
  /** How many rows there are. */
  readonly rows: number;
  /** Share of them that does not fit its metric. */
  readonly share: number;
  /** Rows whose metric training lacked. */
  readonly unseen: number;
  /** True where those were judged as well. */
  readonly judgesUnseen: boolean;
}

/** Rows scored with shift allowed for. */
export interface ShiftedPredictions extends Predictions {
  /** What was done: "auto" took one of these. */
  readonly shift: EstimatorName | "mean";
  /** Null where nothing was estimated, and for ensembles, whose members each have their own. */
  readonly applied: AppliedShift | null;
  /** What the fit model believes; null where no row was judged by one, and for ensembles. */
  readonly fit: FitSummary | null;
  /** The scores without it, [rows]. */
  readonly unshifted: Float32Array;
}

/**
 * Scores rows under the class shares that they seem to have. Rows that a fit model
 * can judge fit or do not; in other runs the score classes are counted. "auto" is "em" where a fit model finds the rows
 * significantly likelier by it, else "none".
 *
 * @throws UsageError where the run lacks what the estimate is made from
 */
export function shiftScores(
  rows: TargetRows,
  { fit, classes, run }: ShiftKnowledge,
  name: EstimatorName | "auto",
): Predictions & Pick<ShiftedPredictions, "applied" | "fit"> & { readonly shift: EstimatorName } {
  const { predictions, evidence } = rows;
  const summary = fit && evidence && summaryOf(fit, evidence);
  if (summary) {
    const shares = misfitShares(fit, evidence!, name);
    const isMoved = shares.some((share, i) => share !== fit.trainShares[i]);
    const shift = name !== "auto" ? name : isMoved ? "em" : "none";
    const { rows, unseen } = summary, share = ((rows - unseen) * shares[0] + unseen * shares[1]) / rows;
    return {
      ...predictions,
      score: fit.mix(predictions.score, evidence!, shares),
      shift,
      applied: { kind: "misfits", share, shares },
      fit: { ...summary, share },
    };
  }
  // Class probabilities of records that are somewhat unlike those of training call for a shift that is not there.
  if (name === "none" || name === "auto") {
    return { ...predictions, shift: "none", applied: null, fit: null };
  }
  if (!classes) {
    throw new UsageError(
      `${run} keeps no class probabilities of held-out rows, as --shift ${name} needs; train it again, or take --shift none.`,
    );
  }
  const { calibration, heldOut } = classes;
  const probabilities = classProbabilities(predictions, calibration);
  const shift = name === "bbse" ? estimateByBbse(probabilities, heldOut) : estimateByEm(probabilities, heldOut.shares);
  const posterior = Float32Array.from(underShift(probabilities, shift));
  return {
    score: Float32Array.from(expectedScores(posterior)),
    standardDeviation: predictions.standardDeviation && standardDeviationOf(posterior),
    probabilities: predictions.probabilities && posterior,
    shift: name === "bbse" ? "bbse" : "em",
    applied: { kind: "classes", ratios: shift.ratios },
    fit: null,
  };
}

/** What a fit model can say of target rows; null where it can judge none of them. */
function summaryOf({ state: { regimes } }: FitModel, { regime }: FitEvidence): FitSummary | null {
  const rows = regime.length, unseen = regime.filter((one) => one === regimeNames.indexOf("unseen")).length;
  const judgesSeen = regimes.seen.informative && unseen < rows, judgesUnseen = regimes.unseen.informative && unseen > 0;
  return judgesSeen || judgesUnseen ? { rows, share: 0, unseen, judgesUnseen } : null;
}

/** How shift is to be allowed for. */
export interface ShiftRequest {
  /** The way. */
  readonly name: ShiftName;
  /** "mean": what the mean score is to be; null for the mean that "em" comes to. */
  readonly target: number | null;
}

/**
 * Scores rows as a user asks for them: with shift allowed for, the offset and the rounding of the settings, within 0 and 10.
 *
 * @throws UsageError as `shiftScores` does
 */
export function shiftedPredictions(
  rows: TargetRows,
  knowledge: ShiftKnowledge,
  { name, target }: ShiftRequest,
  prediction: Settings["prediction"],
): ShiftedPredictions {
  const finished = (scores: Float32Array, as = prediction) => scores.map((score) => finishScore(score, as));
  const plain = shiftScores(rows, knowledge, "none"), unshifted = finished(plain.score);
  if (name !== "mean") {
    const shifted = name === "none" ? plain : shiftScores(rows, knowledge, name);
    return { ...shifted, score: finished(shifted.score), unshifted };
  }
  const exact = { ...prediction, round: false };
  const mean = target ?? meanScore(finished(shiftScores(rows, knowledge, "em").score, exact));
  return { ...plain, shift: "mean", score: moveMean(finished(plain.score, exact), mean, prediction), unshifted };
}
