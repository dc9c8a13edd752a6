import { meanScore } from "../../data/evaluation.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { FitGate } from "../gate/fit_gate.ts";
import { finishScore } from "../finish_score.ts";
import { type Predictions, spreadOf } from "../predict_rows.ts";
import type { Settings } from "../settings/shared.ts";
import { estimateByBbse } from "./bbse.ts";
import { classProbabilities, expectedScores } from "./classes.ts";
import { estimateByEm, isSignificant } from "./em.ts";
import { type ClassKnowledge, effectiveRows } from "./held_out.ts";
import { underShift } from "./label_shift.ts";
import { moveMean } from "./mean.ts";
import { misfitShare } from "./misfit_share.ts";
import type { EstimatorName, ShiftName } from "./names.ts";
import type { RowsAtHand } from "./rows.ts";

/** What a run allows for shift by. */
export interface ShiftKnowledge {
  /** The run's gate, where it has one that is listened to. */
  readonly gate: FitGate | null;
  /** Null where the run keeps no class probabilities of held-out rows. */
  readonly classes: ClassKnowledge | null;
  /** What messages call the run. */
  readonly run: string;
}

/** What was taken of the rows at hand to score them: held-out rows that are to resemble them are scored and weighed by it. */
export type AppliedShift =
  /** Share of them that does not fit, by a gate. */
  | { readonly kind: "misfits"; readonly share: number }
  /** Their class shares over those of training, [11]. */
  | { readonly kind: "classes"; readonly ratios: Float64Array };

/** Rows scored with shift allowed for. */
export interface ShiftedPredictions extends Predictions {
  /** What was done: "auto" took one of these. */
  readonly shift: EstimatorName | "mean";
  /** Null where nothing was estimated, and for ensembles, whose members each have their own. */
  readonly applied: AppliedShift | null;
  /** The scores without it, [rows]. */
  readonly unshifted: Float32Array;
}

/**
 * Scores rows under the class shares that they seem to have. A run with a gate counts rows that fit and rows that do not,
 * every other counts the score classes. "auto" is "em" where that makes the rows significantly likelier, else "none".
 *
 * @throws UsageError where the run lacks what the estimate is made from
 */
export function shiftScores(
  rows: RowsAtHand,
  { gate, classes, run }: ShiftKnowledge,
  name: EstimatorName | "auto",
): Predictions & { readonly shift: EstimatorName; readonly applied: AppliedShift | null } {
  const { predictions, evidence } = rows;
  if (gate && evidence) {
    const share = misfitShare(gate, evidence, name);
    const shift = name !== "auto" ? name : share === gate.trainShare ? "none" : "em";
    const score = gate.mix(predictions.score, evidence, share);
    return { ...predictions, score, shift, applied: { kind: "misfits", share } };
  }
  if (name === "none" || (name === "auto" && !classes)) return { ...predictions, shift: "none", applied: null };
  if (!classes) {
    throw new UsageError(
      `${run} keeps no class probabilities of held-out rows, as --shift ${name} needs; train it again, or take --shift none.`,
    );
  }
  const { calibration, heldOut, dispersion } = classes;
  const probabilities = classProbabilities(predictions, calibration);
  const shift = name === "bbse" ? estimateByBbse(probabilities, heldOut) : estimateByEm(probabilities, heldOut.shares);
  if (name === "auto" && !isSignificant(probabilities, shift, effectiveRows(heldOut.weight), dispersion)) {
    return { ...predictions, shift: "none", applied: null };
  }
  const posterior = Float32Array.from(underShift(probabilities, shift));
  return {
    score: Float32Array.from(expectedScores(posterior)),
    spread: predictions.spread && spreadOf(posterior),
    probabilities: predictions.probabilities && posterior,
    shift: name === "bbse" ? "bbse" : "em",
    applied: { kind: "classes", ratios: shift.ratios },
  };
}

/** How shift is to be allowed for. */
export interface ShiftRequest {
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
  rows: RowsAtHand,
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
