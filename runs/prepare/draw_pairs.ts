import type { MetricTable } from "../../data/metrics/metric_table.ts";
import { nearMissesOf } from "../../data/metrics/near_misses.ts";
import { mismatchedPairs, type MismatchOptions } from "../../data/pairs/negatives.ts";
import { haveBeenCompared, preferredTo } from "../../data/pairs/preferred.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { MetricRecord } from "../../data/records.ts";
import { type Split, textKey } from "../../data/split.ts";
import type { Settings } from "../../recipes/settings/shared.ts";

/** Records as rows of numbers, and the held-out rows with a metric that does not fit. */
export interface DrawnPairs {
  /** Train rows that are records. */
  readonly plain: ScoredPairs;
  /** Rows that are held out. */
  readonly validation: ScoredPairs;
  /** Those with a metric that does not occur with their text. */
  readonly mismatched: ScoredPairs;
  /** Those with such a metric that is near their own. */
  readonly nearMisses: ScoredPairs;
  /** Train records with their user prompt in other words. */
  readonly paraphrases: ScoredPairs;
  /** Rows that a language model wrote. */
  readonly written: ScoredPairs;
  /** How rows with a metric that does not fit are drawn from the train rows. */
  readonly options: MismatchOptions;
}

/**
 * Makes rows of records, and draws held-out rows with a metric that does not fit.
 *
 * @param everything all records: those that were read, then paraphrased ones, then those that a language model wrote
 * @param ends where the first two end among them
 * @param split rows of the records that were read
 */
export function drawPairs(
  everything: readonly MetricRecord[],
  [records, paraphrased]: readonly [records: number, paraphrased: number],
  split: Split,
  metrics: MetricTable,
  { data, training }: Settings,
): DrawnPairs {
  const metric = Uint32Array.from(everything, ({ metric }) => metrics.indexOf(metric));
  const score = Float32Array.from(everything, ({ score }) => score!);
  const compared = haveBeenCompared(everything);
  const pairs = (rows: Uint32Array<ArrayBuffer>): ScoredPairs => ({
    text: rows,
    metric: rows.map((row) => metric[row]!),
    score: Float32Array.from(rows, (row) => score[row]!),
    ...(compared && { preferredTo: preferredTo(everything, rows) }),
  });
  const between = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, i) => from + i);
  const options: MismatchOptions = {
    seed: training.seed,
    metrics: metrics.names.length,
    sameText: numberTexts(everything),
    known: { text: Uint32Array.from(everything.keys()), metric },
  };
  // Drawn with the split: runs of one split are measured on the same rows, whatever their seed.
  const drawn = { ...options, seed: data.splitSeed ?? training.seed };
  const validation = pairs(split.validation);
  return {
    plain: pairs(split.train),
    validation,
    mismatched: mismatchedPairs(validation, drawn),
    nearMisses: mismatchedPairs(validation, drawn, nearMissesOf(metrics)),
    paraphrases: pairs(between(records, paraphrased)),
    written: pairs(between(paraphrased, everything.length)),
    options,
  };
}

/** The same number for records with the same texts. */
function numberTexts(records: readonly MetricRecord[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(records, (record) => {
    const key = textKey(record);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}
