import { estimateMisfitShare, logLikelihoodOfShare } from "./gate/mixture_fit.ts";
import type { FitGate, GateEvidence } from "./gate/fit_gate.ts";

/** How scoring allows for records whose metrics fit less often than those that were trained on. */
export const shiftNames = ["none", "em", "auto"] as const;
/** Name of a way to allow for shift. */
export type ShiftName = (typeof shiftNames)[number];

/** Twice the gain in log-likelihood that one more parameter reaches by chance in one case of a thousand (chi-square). */
const significant = 10.8;

/**
 * The share of rows that do not fit: that of the train rows ("none"), or the one that makes the metrics of the rows at hand
 * likeliest ("em"). "auto" is "em" where that makes them significantly likelier (likelihood ratio test, p < 0.001).
 *
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function misfitShare(gate: FitGate, { odds }: GateEvidence, shift: ShiftName): number {
  if (shift === "none") return gate.trainShare;
  const share = estimateMisfitShare(odds);
  const gain = logLikelihoodOfShare(odds, share) - logLikelihoodOfShare(odds, gate.trainShare);
  return shift === "em" || 2 * gain > significant ? share : gate.trainShare;
}
