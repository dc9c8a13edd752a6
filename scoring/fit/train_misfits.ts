import { calibrate } from "./calibration.ts";
import { type ExpertRows, Experts, wantedBy } from "./experts.ts";
import {
  callForShare,
  estimateMisfitShare,
  fitMisfitScores,
  highestMisfitScore,
  leastShare,
  misfitProbability,
  type MisfitScores,
} from "./misfits.ts";
import type { Regime } from "./regimes.ts";

/** Parts of the rows with low scores that take turns at being judged by what the other rows teach. */
const folds = 5;

/** Rows that may score low because their metric does not fit. */
const lowRows = (score: Float32Array) => [...score.keys()].filter((row) => score[row]! <= highestMisfitScore);

/** How many of the parts there are. */
export const misfitFolds = (score: Float32Array): number => Math.min(folds, lowRows(score).length);

/** What is known of the train rows whose metric does not fit. */
export interface TrainMisfits {
  /** Probability of each train row that its metric does not fit. */
  readonly misfit: Float64Array;
  /** Their share of the train rows. */
  readonly trainShare: number;
  /** The same of those with low scores. */
  readonly lowShare: number;
  /** What they score. */
  readonly scores: MisfitScores;
}

/**
 * Finds the train rows whose metric does not fit among those with low scores: the share of misfits that their ratios call
 * for, significantly more than those of held-out rows do; without that, none.
 *
 * @param score of the rows
 * @param experts fitted to all rows
 * @param regime for rows whose metric was seen
 */
export async function findTrainMisfits(
  rows: ExpertRows,
  score: Float32Array,
  experts: Experts,
  { calibration, heldOut }: Regime,
): Promise<TrainMisfits> {
  const low = lowRows(score);
  const ratio = new Float64Array(low.length), nearness = new Float64Array(low.length);
  const wanted = wantedBy(calibration);
  for (let fold = 0; fold < misfitFolds(score); fold++) {
    const own = [...low.keys()].filter((i) => i % folds === fold), without = own.map((i) => low[i]!);
    const others = await Experts.fit(rows, { wanted, without, topicOf: experts.words?.topicOf });
    const { text, metric } = rows.rows, dimension = rows.directions.length / rows.metrics;
    const of = {
      text: Uint32Array.from(without, (row) => text[row]!),
      metric: Uint32Array.from(without, (row) => metric[row]!),
    };
    const judged = await others.judge(rows.data, of, rows.directions, dimension, rows.rounds.within);
    const calibrated = calibrate(calibration, judged.logRatios);
    own.forEach((i, at) => [ratio[i], nearness[i]] = [calibrated[at]!, judged.nearness[at]!]);
    await rows.rounds.end();
  }
  const isCalledFor = low.length > 0 && callForShare(ratio, leastShare, heldOut);
  const lowShare = isCalledFor ? estimateMisfitShare(ratio) : 0;
  const probable = ratio.map((one) => misfitProbability(one, lowShare));
  const misfit = new Float64Array(score.length);
  low.forEach((row, i) => misfit[row] = probable[i]!);
  const known = nearness.map((one) => Number.isNaN(one) ? 0 : one);
  return {
    misfit,
    trainShare: Math.max(lowShare * low.length / Math.max(score.length, 1), leastShare),
    lowShare,
    scores: fitMisfitScores(known, low.map((row) => score[row]!), probable),
  };
}
