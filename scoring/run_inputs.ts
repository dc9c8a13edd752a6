import type { EncoderNote } from "../data/embeddings/text_embeddings.ts";
import { isScoreRange, type ScoreRange } from "../data/scores.ts";

/** What a run found in its data; null until the data was read. */
export interface RunInputs {
  /** "hash", or the names of the fields that were embedded otherwise. */
  readonly texts: "hash" | readonly string[];
  /** The pretrained encoder; null or absent for `hash` and for embeddings that say nothing of theirs. */
  readonly encoder?: EncoderNote | null;
  /** True where the encoder embedded texts that define the metrics. */
  readonly definitions?: boolean;
  /** Texts of a record that the network sees, each as a row. */
  readonly textFields: number;
  /** Dimensions of a text's row. */
  readonly textDimension: number;
  /** Dimensions of a metric's row. */
  readonly metricDimension: number;
  /** Rows that were trained on, those that augmentation added among them. */
  readonly trainRows: number;
  /** Most rows that anything is fitted to: `trainRows`, and the validation rows where the run is refitted in the end. */
  readonly fittedRows: number;
  /** Mean score of the train rows, negatives left out: what the constant predictor says. */
  readonly trainMean: number;
  /** Names of the metrics that rows are learnt from; absent in a run of an earlier version. */
  readonly trainedMetrics?: readonly string[];
  /** True where scores were learnt from answers of which one was preferred to another. */
  readonly preferences?: boolean;
  /** The scale on which the data have their scores; absent where it is 0 to 10. */
  readonly scoreRange?: ScoreRange;
  /** SHA-256 of settings, features and labels. */
  readonly fingerprint: string;
}

/** True for what `RunInputs` may be as a file of a run has it. */
export function isRunInputs(value: Partial<RunInputs> | null | undefined): value is RunInputs {
  const { texts, textFields, textDimension, metricDimension, trainRows, trainMean, fingerprint, scoreRange } = value ??
    {};
  return (texts === "hash" || (Array.isArray(texts) && texts.every((text) => typeof text === "string"))) &&
    [textFields, textDimension, metricDimension, trainRows].every((size) => Number.isSafeInteger(size) && size! >= 0) &&
    (scoreRange === undefined || isScoreRange(scoreRange)) && typeof trainMean === "number" &&
    typeof fingerprint === "string";
}
