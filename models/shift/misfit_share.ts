import { DataError } from "../../kernels/errors.ts";
import type { FitGate } from "../gate/fit_gate.ts";
import type { GateEvidence } from "../gate/gate_rows.ts";
import { estimateMisfitShare, logLikelihoodOfShare } from "../gate/mixture_fit.ts";
import type { EstimatorName } from "./names.ts";

/** Twice the gain in log-likelihood that one more parameter reaches by chance in one case of a thousand (chi-square). */
const significant = 10.8;

/** How much more often a gate has to call swapped metrics misfits than others, for its calls to be counted. */
const leastDifference = 0.1;

/**
 * The share of rows that do not fit: that of the train rows ("none"), the one that makes the metrics of the rows at hand
 * likeliest ("em"), or the one that explains how many of them the gate calls misfits ("bbse"). "auto" is "em" where that
 * makes them significantly likelier (likelihood ratio test, p < 0.001) and the held-out rows do not call for it as well.
 *
 * @throws DataError for "bbse" when the run is too old to tell how often its gate is right
 * @see Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities" (2002)
 */
export function misfitShare(gate: FitGate, { odds }: GateEvidence, shift: EstimatorName | "auto"): number {
  if (shift === "none") return gate.trainShare;
  if (shift === "bbse") return shareByCalls(gate, odds);
  const share = estimateMisfitShare(odds);
  if (shift === "em") return share;
  const gain = logLikelihoodOfShare(odds, share) - logLikelihoodOfShare(odds, gate.trainShare);
  return 2 * gain > significant && differFromHeldOut(gate, odds) ? share : gate.trainShare;
}

/**
 * True where rows at hand and held-out rows are significantly likelier with a share each than with one for all: odds that
 * are off are so of both. Older gates do not tell.
 */
function differFromHeldOut({ heldOut }: FitGate, odds: Float64Array): boolean {
  if (heldOut.length === 0) return true;
  const likeliest = (some: Float64Array) => logLikelihoodOfShare(some, estimateMisfitShare(some));
  const both = Float64Array.of(...odds, ...heldOut);
  return 2 * (likeliest(odds) + likeliest(heldOut) - likeliest(both)) > significant;
}

/**
 * The share that explains how many rows have odds below 1, by how many validation rows and such with swapped metrics do.
 *
 * @see Lipton, Wang, Smola, "Detecting and correcting for label shift with black box predictors" (2018)
 */
function shareByCalls(gate: FitGate, odds: Float64Array): number {
  const { called } = gate.state;
  if (!called) {
    throw new DataError("The gate of this run does not tell how often it is right, as bbse needs; train it again.");
  }
  const [fitting, swapped] = called;
  if (odds.length === 0 || swapped - fitting < leastDifference) return gate.trainShare;
  const atHand = odds.filter((one) => one < 1).length / odds.length;
  return Math.min(Math.max((atHand - fitting) / (swapped - fitting), 1e-6), 1 - 1e-6);
}
