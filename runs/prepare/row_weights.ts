import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import { scoreRangeWeights, sqrtInverseWeights } from "../../data/pairs/weights.ts";
import { joinPairs } from "./augment.ts";
import type { PreparedFit } from "./prepare_fit.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";

type Weights = Settings["weights"];

/**
 * Train rows with their sample weights. Those that probably do not fit are left to the fit model: the network learns from
 * the others.
 */
export function weighted(train: ScoredPairs, weights: Weights, fit: PreparedFit | null): LabelledRows {
  return { ...train, weight: withoutMisfits(weightsOf(train, weights), fit?.misfits) };
}

/** Train rows, then validation rows, weighted as train rows are. */
export function weightedBoth(
  train: Pick<LabelledRows, "text" | "metric" | "score">,
  validation: ScoredPairs,
  weights: Weights,
  fit: PreparedFit | null,
): LabelledRows {
  const rows = joinPairs([train, validation]);
  const added = train.score.length - (fit?.misfits.length ?? 0);
  const misfits = fit && [...fit.misfits, ...new Array<boolean>(added).fill(false), ...fit.validationMisfits];
  return { ...rows, weight: withoutMisfits(weightsOf(rows, weights), misfits ?? []) };
}

/** @param misfits of the first rows */
function withoutMisfits(weight: Float32Array, misfits: readonly boolean[] = []): Float32Array {
  return weight.map((one, row) => misfits[row] ? 0 : one);
}

function weightsOf({ score, metric }: ScoredPairs, { kind, ...options }: Settings["weights"]): Float32Array {
  if (kind === "none") return new Float32Array(score.length).fill(1);
  return kind === "sqrt-inverse" ? sqrtInverseWeights(score, options) : scoreRangeWeights(score, metric, options);
}

/** Rows that count alike. */
export function unweighted(rows: ScoredPairs): LabelledRows {
  return { ...rows, weight: new Float32Array(rows.score.length).fill(1) };
}
