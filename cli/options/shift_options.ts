import { meanScore } from "../../data/evaluation.ts";
import { fromStandard, type ScoreRange, scoreRange } from "../../data/scores.ts";
import { UsageError } from "../../kernels/errors.ts";
import { shiftCells, type ShiftFigure, shiftHeads } from "../../scoring/shift/measure_shifts.ts";
import type { ShiftName } from "../../scoring/shift/names.ts";
import type { FitSummary, ShiftedPredictions, ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { alignColumns } from "../output/terminal.ts";

/** What `--shift` is for. */
export const shiftPurpose =
  "allow for records whose scores are distributed otherwise than those of training: none, mean, em, bbse or auto";
/** What `--shift-target` is for. */
export const shiftTargetPurpose = "what --shift mean brings the mean score to (default: the mean that em comes to)";

/** What the two options ask for. @throws UsageError when they do not go together */
export function shiftRequest(
  { shift: name = "auto", shiftTarget: target = null }: {
    readonly shift?: ShiftName | undefined;
    readonly shiftTarget?: number | null | undefined;
  },
): ShiftRequest {
  if (target !== null && name !== "mean") throw new UsageError("--shift-target needs --shift mean beside it.");
  return { name, target };
}

/** Says in a line what was done: "shift em: mean score 8.90 -> 6.20". */
export function describeShift(
  { name }: ShiftRequest,
  { shift, score, unshifted, fit }: ShiftedPredictions,
  range: ScoreRange = scoreRange,
): string {
  const mean = (scores: Float32Array) => fromStandard(meanScore(scores), range).toFixed(2);
  const change = shift === "none" ? mean(score) : `${mean(unshifted)} -> ${mean(score)}`;
  const line = `shift ${name === shift ? name : `${name} took ${shift}`}: mean score ${change}`;
  return fit ? `${line}\n${describeFit(fit)}` : line;
}

/** Says in a line what a fit model believes of records: "of 256 records 31 % seem not to fit their metric". */
function describeFit({ rows, share, unseen, judgesUnseen }: FitSummary): string {
  const percent = 100 * share < 1 ? "less than 1" : (100 * share).toFixed(0);
  const sentence = `of ${rows} records ${percent} % seem not to fit their metric`;
  if (unseen === 0) return sentence;
  const have = unseen === rows ? "all have metrics" : unseen === 1 ? "1 has a metric" : `${unseen} have metrics`;
  return `${sentence}; ${have} that training lacked, judged ${
    judgesUnseen ? "by their embeddings" : "without that evidence"
  }`;
}

/** A table of what each shift does on held-out rows; nothing where it was not measured. */
export function formatShifts(shifts: readonly ShiftFigure[]): string[] {
  return shifts.length === 0 ? [] : [
    `RMSE on held-out rows by --shift:\n${alignColumns([shiftHeads, ...shifts.map(shiftCells)])}`,
  ];
}
