import type { TextBlocks } from "../embeddings/text_blocks.ts";
import type { TextTable } from "../texts/text_layout.ts";
import { MetrogradError } from "../../kernels/errors.ts";

/** Rows of embeddings, row-major. */
export interface Embeddings {
  /** [rows, dimension]. */
  readonly data: Float32Array;
  /** Dimensions of a row. */
  readonly dimension: number;
}

/** What rows look their embeddings up in: they are on the GPU once, and batches send indices. */
export interface FeatureTables {
  /** One row a record. */
  readonly texts: TextTable;
  /** One row a metric. */
  readonly metrics: Embeddings;
  /** One row a record: lengths and the like of its texts, see `textStatistics`. */
  readonly statistics: Embeddings;
  /**
   * Number of the group of each record that was read, and after those of each paraphrase, which is in the group of its
   * record. Other texts that augmentation adds have none; absent when scoring.
   */
  readonly groups?: Uint32Array;
}

/** Rows to score: for each the number of its text and of its metric. */
export interface Rows {
  /** Numbers of texts. */
  readonly text: Uint32Array;
  /** Numbers of metrics. */
  readonly metric: Uint32Array;
}

/** Rows to learn from. */
export interface LabelledRows extends Rows {
  /** 0 to 10. */
  readonly score: Float32Array;
  /** How much a row counts in the loss. */
  readonly weight: Float32Array;
  /** For each row the number of the one that it was preferred to, among these; -1 for none. Absent where none was compared. */
  readonly preferredTo?: Int32Array;
}

/** All that a recipe trains on and is measured by. */
export interface TrainingData {
  readonly tables: FeatureTables;
  /** Where the texts of the train rows are read from; absent where they are in the tables. */
  readonly blocks?: TextBlocks;
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  /** Validation rows whose metric was swapped for one that does not fit; null where no such figure is wanted. */
  readonly mismatched: LabelledRows | null;
  /** Validation rows under one of the most similar metrics that do not fit; null where there are none. */
  readonly nearMisses?: LabelledRows | null;
  /** Share of the train rows that are added with a metric or a text that does not fit. */
  readonly mismatchedShare: number;
}

/** Mean score, each row counted by its weight. @throws MetrogradError when there are no rows */
export function weightedMeanScore({ score, weight }: LabelledRows): number {
  if (score.length === 0) throw new MetrogradError("There are no rows to train on.");
  let sum = 0, total = 0;
  score.forEach((value, i) => {
    sum += value * weight[i]!;
    total += weight[i]!;
  });
  return sum / total;
}
