import { oppositeMetricRows, substitutableMetricRows } from "../../data/augmentation/metric_copies.ts";
import { type MetricRelations, metricRelations } from "../../data/augmentation/relations.ts";
import { widenScores } from "../../data/augmentation/resampling.ts";
import {
  corruptions,
  type GrowingTables,
  misalignedNegatives,
  targetedNegatives,
} from "../../data/augmentation/targeted_negatives.ts";
import type { MetricTable } from "../../data/metrics/metric_table.ts";
import { metricSwapNegatives, type MismatchOptions } from "../../data/pairs/negatives.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { SharedSettings } from "../../recipes/settings/shared.ts";

/** What the stage of metric-swap negatives is called. */
export const swapStage = "metric-swap negatives";

/** True for a stage whose rows have a metric or a text that does not fit. */
export function misfitStage(stage: string): boolean {
  return stage === swapStage || stage === misalignedStage || /^targeted negatives, .*, (shuffle|swap)$/.test(stage);
}

const misalignedStage = "misaligned negatives";
const sampleStage = "language-model samples";
/** What the stage of user prompts in other words is called. */
export const paraphraseStage = "paraphrases";

/** Rows that a stage of augmentation adds to the train rows. */
export interface Added {
  /** What the stage is called where rows are counted. */
  readonly stage: string;
  readonly rows: ScoredPairs;
  /** True when their metric or text does not fit. */
  readonly mismatched: boolean;
}

/** What stages work on. */
export interface AugmentInput {
  /** The train rows. */
  readonly plain: ScoredPairs;
  readonly metrics: MetricTable;
  /** Where rows with numbers of their own are added. */
  readonly tables: GrowingTables;
  /** Train rows with their user prompt in other words; their texts are in the tables. */
  readonly paraphrases: ScoredPairs;
  /** Train rows that a language model wrote; their texts are in the tables. */
  readonly written: ScoredPairs;
}

/**
 * Runs the stages that are asked for on the train rows, each on what was there at first; only substitutable metrics also
 * look at the copies with opposite metrics, where most low scores are.
 */
export function augment(
  { plain, metrics, tables, paraphrases, written }: AugmentInput,
  settings: SharedSettings["augmentation"],
  options: MismatchOptions,
): Added[] {
  const { metricSwap, opposite, substitutable, targeted, misaligned, resample } = settings;
  let related: MetricRelations | null = null;
  const relations = () => related ??= metricRelations(metrics, settings.relations);
  const added: Added[] = [];
  const add = (stage: string, rows: ScoredPairs, mismatched = false) => added.push({ stage, rows, mismatched });
  const countOf = ({ share, count }: { readonly share: number; readonly count: number | null }) =>
    count ?? Math.round(share * plain.score.length);

  if (metricSwap.share > 0) {
    const rows = metricSwapNegatives(plain, { ...options, share: metricSwap.share, scores: bandOf(metricSwap) });
    add(swapStage, rows, true);
  }
  const contrary = opposite.share > 0
    ? oppositeMetricRows(plain, { ...options, ...opposite, related: relations().opposite })
    : null;
  if (contrary) add("opposite metrics", contrary);
  if (substitutable.share > 0) {
    const rows = contrary ? joinPairs([plain, contrary]) : plain;
    add(
      "substitutable metrics",
      substitutableMetricRows(rows, { ...options, ...substitutable, related: relations().substitute }),
    );
  }
  for (const [band, name] of (["low", "mid"] as const).entries()) {
    const count = countOf(targeted[name]);
    if (count === 0) continue;
    const { severity } = targeted[name];
    const made = targetedNegatives(plain, {
      ...options,
      ...{ count, severity, relations: relations(), tables, band, scores: bandOf(targeted[name]) },
    });
    for (const kind of corruptions) add(`targeted negatives, ${name}, ${kind}`, made[kind], kind !== "noise");
  }
  if (countOf(misaligned) > 0) {
    const rows = misalignedNegatives(plain, { ...options, count: countOf(misaligned), scores: bandOf(misaligned) });
    add(misalignedStage, rows, true);
  }
  if (resample.share > 0) add("rows drawn again", widenScores(plain, { seed: options.seed, ...resample }));
  added.push(...languageModelStages({ paraphrases, written }));
  if (settings.languageModel.replies !== null && paraphrases.score.length + written.score.length === 0) {
    add(sampleStage, written);
  }
  return added;
}

/** Rows that a language model had a part in, where there are any. */
export function languageModelStages({ paraphrases, written }: Pick<AugmentInput, "paraphrases" | "written">): Added[] {
  const stages = [{ stage: paraphraseStage, rows: paraphrases }, { stage: sampleStage, rows: written }];
  return stages.filter(({ rows }) => rows.score.length > 0).map((one) => ({ ...one, mismatched: false }));
}

function bandOf({ lowest, highest }: { readonly lowest: number; readonly highest: number }) {
  return [Math.min(lowest, highest), Math.max(lowest, highest)] as const;
}

/** Rows one after the other. */
export function joinPairs(
  parts: readonly { readonly text: Uint32Array; readonly metric: Uint32Array; readonly score: Float32Array }[],
): ScoredPairs {
  return {
    text: Uint32Array.from(parts.flatMap(({ text }) => [...text])),
    metric: Uint32Array.from(parts.flatMap(({ metric }) => [...metric])),
    score: Float32Array.from(parts.flatMap(({ score }) => [...score])),
  };
}
