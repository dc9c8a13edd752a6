import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { RowCounts } from "../../data/observer.ts";
import type { FeatureTables, LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { SampleSet } from "../../data/sample/generate.ts";
import type { HashEncoder } from "../../encoders/hash.ts";
import type { LexicalModel } from "../../recipes/features/lexical.ts";
import type { RunInputs } from "../../scoring/run_inputs.ts";
import type { PhaseClock } from "../results/phase_clock.ts";
import type { Added } from "./augment.ts";
import type { PreparedFit } from "./prepare_fit.ts";

/** A run's data, ready to train on. */
export interface PreparedRun {
  readonly data: TrainingData;
  readonly metrics: MetricTable;
  /** Tells records whose metric does not fit; null where none is wanted. */
  readonly fit: PreparedFit | null;
  /** Train and validation rows, where the run is fitted to both once it was measured; else null. */
  readonly refitted: LabelledRows | null;
  /** The encoder that learnt from the train texts; null for any other. */
  readonly encoder: HashEncoder | null;
  /** How rare words are in the train texts; null where the recipe reads no statistics, or texts are not kept. */
  readonly lexical: LexicalModel | null;
  readonly inputs: RunInputs;
  /** The sample set, where the run trains on it. */
  readonly sample: SampleSet | null;
  /** Numbers of the records that are held out, in the order of the validation rows, counted from 0 in the file. */
  readonly heldOut: Uint32Array;
  readonly counts: RowCounts;
  /** Bytes that decided how embeddings are streamed; absent where all are in memory. */
  readonly memory?: number;
  /** What was put together. */
  readonly rows: PreparedRows;
  /** Times its phases, those of preparation so far. */
  readonly clock: PhaseClock;
}

/** Some train rows in tables of their own. */
export interface BaselineRows {
  readonly tables: Pick<FeatureTables, "texts" | "groups">;
  readonly rows: ScoredPairs;
}

/** Train rows as augmentation leaves them. */
export interface PreparedRows {
  /** All records that are used, in the order of the texts' rows; paraphrases come behind those of the file, and those that a language model wrote last. */
  readonly records: readonly MetricRecord[];
  /** The numbers of those from the file, counted from 0 there. */
  readonly recordNumbers: Uint32Array;
  /** For each paraphrase, the record that it is a copy of. */
  readonly paraphraseOf: readonly number[];
  /** Train rows that are records. */
  readonly plain: ScoredPairs;
  /** Scores that they are learnt with, [rows], where those are smoothed; else null. */
  readonly smoothed: Float32Array<ArrayBuffer> | null;
  /** What the regression beside the run's figures is fitted to, where that is not all of them. */
  readonly baseline?: BaselineRows;
  /** What each stage adds. */
  readonly added: readonly Added[];
  /** What the rows look their numbers up in. */
  readonly tables: GrowingTables;
}
