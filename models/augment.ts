import { metricSwapNegatives, type MismatchOptions, type ScoredPairs } from "../data/negatives.ts";
import type { SharedSettings } from "./settings/shared.ts";

/** Rows that a stage of augmentation adds to the train rows. */
export interface Added {
  /** What the stage is called where rows are counted. */
  readonly stage: string;
  readonly rows: ScoredPairs;
  /** True when their metric or text does not fit. */
  readonly mismatched: boolean;
}

/** Runs all stages of augmentation on the train rows, each on what was there at first. */
export function augment(
  plain: ScoredPairs,
  { metricSwap }: SharedSettings["augmentation"],
  options: MismatchOptions,
): Added[] {
  const scores = [metricSwap.lowest, metricSwap.highest] as const;
  return [
    {
      stage: "metric-swap negatives",
      rows: metricSwapNegatives(plain, { ...options, share: metricSwap.share, scores }),
      mismatched: true,
    },
  ];
}

/** Rows one after the other. */
export function joinPairs(parts: readonly ScoredPairs[]): ScoredPairs {
  return {
    text: Uint32Array.from(parts.flatMap(({ text }) => [...text])),
    metric: Uint32Array.from(parts.flatMap(({ metric }) => [...metric])),
    score: Float32Array.from(parts.flatMap(({ score }) => [...score])),
  };
}
