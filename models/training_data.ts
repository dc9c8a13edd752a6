import { MetrogradError } from "../kernels/errors.ts";

/** Rows of embeddings, row-major. */
export interface Embeddings {
  readonly data: Float32Array;
  readonly dimension: number;
}

/** What rows look their embeddings up in: they are on the GPU once, and batches send indices. */
export interface FeatureTables {
  /** One row a record. */
  readonly texts: Embeddings;
  /** One row a metric. */
  readonly metrics: Embeddings;
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
  readonly score: Float32Array;
  readonly weight: Float32Array;
}

/** All that a recipe trains on and is measured by. */
export interface TrainingData {
  readonly tables: FeatureTables;
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  /** Validation rows whose metric was swapped for one that does not fit; null where no such figure is wanted. */
  readonly mismatched: LabelledRows | null;
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
