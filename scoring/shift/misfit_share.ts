import type { FitEvidence, FitModel, MisfitShares } from "../fit/fit_model.ts";
import { callForShare, estimateMisfitShare } from "../fit/misfits.ts";
import { type Regime, regimeNames } from "../fit/regimes.ts";
import type { EstimatorName } from "./names.ts";

/** How much more often swapped metrics have to be called misfits than others, for such calls to be counted. */
const leastDifference = 0.1;

/**
 * The share of misfits among the target rows of each regime: that of the train rows ("none"), the one that maximises the
 * likelihood of the target rows ("em"), or the one that explains how many of them have a ratio below 1 ("bbse"). "auto" is
 * "em" where that makes them significantly likelier, and the held-out rows do not call for it as well. It is 0 in a
 * regime without evidence.
 */
export function misfitShares(
  { state: { regimes, trainShare } }: FitModel,
  { ratio, regime: of }: FitEvidence,
  shift: EstimatorName | "auto",
): MisfitShares {
  const [seen, unseen] = regimeNames.map((name, i) => {
    const regime = regimes[name], ratios = ratio.filter((_, row) => of[row] === i);
    if (!regime.informative) return 0;
    if (shift === "none" || ratios.length === 0) return trainShare;
    if (shift === "bbse") return shareByCalls(regime, ratios, trainShare);
    return shift === "em" || callForShare(ratios, trainShare, regime.heldOut)
      ? estimateMisfitShare(ratios)
      : trainShare;
  });
  return [seen!, unseen!];
}

/**
 * The share that explains how many rows have a ratio below 1, by how many held-out rows and such with swapped metrics do.
 *
 * @see Lipton, Wang, Smola, "Detecting and correcting for label shift with black box predictors" (2018)
 */
function shareByCalls({ called: [fitting, swapped] }: Regime, ratios: Float64Array, trainShare: number): number {
  if (swapped - fitting < leastDifference) return trainShare;
  const below = ratios.filter((one) => one < 1).length / ratios.length;
  return Math.min(Math.max((below - fitting) / (swapped - fitting), 1e-6), 1 - 1e-6);
}
