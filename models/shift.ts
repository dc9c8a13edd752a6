import { estimateMisfitShare } from "./gate/mixture_fit.ts";
import type { FitGate, GateEvidence } from "./gate/fit_gate.ts";

/** How scoring allows for records whose metrics fit less often than those that were trained on. */
export const shiftNames = ["none", "em", "auto"] as const;
/** Name of a way to allow for shift. */
export type ShiftName = (typeof shiftNames)[number];

/** Fewer rows than these tell too little of the share that does not fit. */
const leastRows = 50;

/**
 * The share of rows that do not fit: that of the train rows ("none"), or the one that makes the metrics of the rows at hand
 * likeliest ("em"). "auto" is "em" where there are rows enough.
 *
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function misfitShare(gate: FitGate, { odds }: GateEvidence, shift: ShiftName): number {
  const estimated = shift === "em" || (shift === "auto" && odds.length >= leastRows);
  return estimated ? estimateMisfitShare(odds) : gate.trainShare;
}
