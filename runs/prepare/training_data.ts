import { createHash } from "node:crypto";
import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import type { LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { MetricRecord } from "../../data/records.ts";
import { groupNumbers } from "../../data/split.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import type { RunConfig } from "../run_folder.ts";
import { keptSettings } from "../training/resume_changes.ts";
import { type Added, joinPairs } from "./augment.ts";
import type { DrawnPairs } from "./draw_pairs.ts";
import type { PreparedFit } from "./prepare_fit.ts";
import { unweighted, weighted } from "./row_weights.ts";

/** Weighs the rows and puts all together that a trainer needs. */
export function trainingData(
  settings: Settings,
  { records, paraphraseOf, texts, tables, pairs, added, fit }: {
    readonly records: readonly MetricRecord[];
    readonly paraphraseOf: readonly number[];
    readonly texts: TextTable;
    readonly tables: GrowingTables;
    readonly pairs: DrawnPairs;
    readonly added: readonly Added[];
    readonly fit: PreparedFit | null;
  },
): TrainingData {
  const { plain, validation, mismatched, nearMisses } = pairs;
  const train = joinPairs([plain, ...added.map(({ rows }) => rows)]);
  const groups = groupNumbers(records, settings.data.groupBy);
  const rowsThatDoNotFit = added.reduce((sum, { mismatched, rows }) => sum + (mismatched ? rows.score.length : 0), 0);
  return {
    tables: {
      texts: { ...texts, data: tables.texts.joined() },
      metrics: { data: tables.metrics.joined(), dimension: tables.metrics.dimension },
      statistics: { data: tables.statistics.joined(), dimension: tables.statistics.dimension },
      // Paraphrases follow the records in the table of texts, and are held out with them.
      groups: Uint32Array.from([...groups, ...paraphraseOf.map((record) => groups[record]!)]),
    },
    train: { ...weighted(train, settings.weights, fit), ...padded(plain, train.score.length) },
    validation: unweighted(validation),
    mismatched: mismatched.score.length > 0 ? unweighted(mismatched) : null,
    nearMisses: nearMisses.score.length > 0 ? unweighted(nearMisses) : null,
    mismatchedShare: rowsThatDoNotFit / plain.score.length,
  };
}

/** The pairs of the first of some rows; the others are in none. */
function padded({ preferredTo }: ScoredPairs, rows: number): Pick<LabelledRows, "preferredTo"> {
  if (!preferredTo) return {};
  const all = new Int32Array(rows).fill(-1);
  all.set(preferredTo);
  return { preferredTo: all };
}

/**
 * SHA-256 of settings, features and labels, which tells whether a checkpoint is of the same data.
 *
 * @param streamed what identifies features that are not in the tables
 */
export function fingerprintOf(
  { recipe, settings }: RunConfig,
  { tables, train, validation }: TrainingData,
  streamed = "",
): string {
  const hash = createHash("sha256").update(JSON.stringify([recipe, keptSettings(settings)])).update(streamed);
  const arrays = [tables.texts.data, tables.metrics.data, ...Object.values(train), ...Object.values(validation)];
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("hex");
}
