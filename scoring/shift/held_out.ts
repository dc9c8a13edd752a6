import { scoreClass } from "../../data/scores.ts";
import type { FitModel } from "../fit/fit_model.ts";
import type { HeldOutClasses } from "./bbse.ts";
import { calibrateClasses } from "./calibrate_classes.ts";
import { type Calibration, classCount, classProbabilities } from "./classes.ts";
import { type HeldOutRows, joinRows } from "./rows.ts";

/** How the rows that a run was trained on are spread. */
export interface TrainedShares {
  /** Class shares of the train rows, those that augmentation added left out; see `classShares`. */
  readonly train: readonly number[];
  /** Part of what was trained on whose metric does not fit. */
  readonly mismatched: number;
}

/** What a run knows of the classes of rows that it was not trained on: what target rows are compared with. */
export interface ClassKnowledge {
  /** Makes class probabilities of what a recipe says. */
  readonly calibration: Calibration;
  /** What was trained on. */
  readonly trained: TrainedShares;
  /** The validation rows, then those with a metric that does not fit. */
  readonly heldOut: HeldOutClasses;
}

/** Shares of the score classes, [11]; one row more, spread over all classes, keeps each above 0. */
export function classShares(scores: ArrayLike<number>): number[] {
  const shares = new Array<number>(classCount).fill(1 / classCount / (scores.length + 1));
  for (const score of Array.from(scores)) shares[scoreClass(score)]! += 1 / (scores.length + 1);
  return shares;
}

/**
 * Calibrates class probabilities by held-out rows.
 *
 * @param mismatched the same with a metric that does not fit; null where there are none
 * @param fit the run's fit model; a recipe knows no standard deviation of the scores that it mixes: they are taken for bare scores
 */
export function fitClasses(
  plain: HeldOutRows,
  mismatched: HeldOutRows | null,
  trained: TrainedShares,
  fit: FitModel | null,
): ClassKnowledge {
  const { predictions, evidence } = mismatched ? joinRows(plain, mismatched) : plain;
  const score = fit && evidence && fit.mix(predictions.score, evidence, fit.trainShares);
  const given = score ? { score, standardDeviation: null, probabilities: null } : predictions;
  const rows = heldOutClasses(new Float64Array(), plain.score, mismatched?.score ?? [], trained);
  const calibration = calibrateClasses(given, rows, rows.shares);
  const probabilities = classProbabilities(given, calibration);
  return { calibration, trained, heldOut: { ...rows, probabilities } };
}

/**
 * Held-out rows as shift is estimated by them. Those with a metric that does not fit count as much as such rows did in
 * training: not at all where there were none.
 *
 * @param probabilities class probabilities of the plain rows, then of the mismatched ones
 */
export function heldOutClasses(
  probabilities: ArrayLike<number>,
  plain: ArrayLike<number>,
  mismatched: ArrayLike<number>,
  trained: TrainedShares,
): HeldOutClasses {
  const share = mismatched.length > 0 ? trained.mismatched : 0;
  const low = classShares(mismatched);
  return {
    probabilities,
    truth: Uint8Array.from([...Array.from(plain), ...Array.from(mismatched)], scoreClass),
    weight: [
      ...new Array<number>(plain.length).fill(1 - share),
      ...new Array<number>(mismatched.length).fill(share * plain.length / mismatched.length),
    ],
    shares: trained.train.map((one, i) => (1 - share) * one + share * low[i]!),
  };
}
