import { meanScore } from "../data/evaluation.ts";
import { UsageError } from "../kernels/errors.ts";
import { shiftCells, type ShiftFigure, shiftHeads } from "../models/shift/measure_shifts.ts";
import type { ShiftName } from "../models/shift/names.ts";
import type { ShiftedPredictions, ShiftRequest } from "../models/shift/shift_scores.ts";
import { alignColumns } from "./terminal.ts";

/** What `--shift` is for. */
export const shiftPurpose =
  "allow for records whose scores are spread otherwise than those of training: none, mean, em, bbse or auto";
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
export function describeShift({ name }: ShiftRequest, { shift, score, unshifted }: ShiftedPredictions): string {
  const mean = (scores: Float32Array) => meanScore(scores).toFixed(2);
  const change = shift === "none" ? mean(score) : `${mean(unshifted)} -> ${mean(score)}`;
  return `shift ${name === shift ? name : `${name} took ${shift}`}: mean score ${change}`;
}

/** A table of what each shift does on held-out rows; nothing where it was not measured. */
export function formatShifts(shifts: readonly ShiftFigure[]): string[] {
  return shifts.length === 0 ? [] : [
    `RMSE on held-out rows by --shift:\n${alignColumns([shiftHeads, ...shifts.map(shiftCells)])}`,
  ];
}
