import type { MetricRecord } from "../../data/records.ts";
import type { TextTable } from "../../data/text_layout.ts";
import type { Embeddings } from "../training_data.ts";

/** Records with their metrics, as numbers. */
export interface GateRows {
  /** For each row, the number of its record. */
  readonly text: Uint32Array;
  /** For each row, the number of its metric. */
  readonly metric: Uint32Array;
}

/** Records as a gate sees them. */
export interface GateTexts {
  /** All records; rows name theirs by number. */
  readonly records: readonly MetricRecord[];
  /** The embeddings of their texts, a row a record. */
  readonly texts: TextTable;
}

/** What a gate's experts say of a record. */
export interface GateReading {
  /** p(topic | words), [topics] */
  readonly topics: Float64Array;
  /** log p(embedding | metric) - log p(embedding), [metrics] */
  readonly places: Float64Array;
}

/** What the gate says of rows. */
export interface GateEvidence {
  /** p(metric | texts) / p(metric) of each row: far above 1 where they go together, near 0 where they do not. */
  readonly odds: Float64Array;
  /** Score to expect of each row if its metric does not fit. */
  readonly misfitScore: Float64Array;
}

/** What a gate is fitted to. */
export interface GateData extends GateTexts {
  /** Train rows, with their scores. */
  readonly train: GateRows & { readonly score: Float32Array };
  /** Rows held out. */
  readonly validation: GateRows;
  /** How many groups of rows that are alike those are, as conversations; every row is one by default. */
  readonly sources?: number;
  /** Rows held out whose metric was swapped. */
  readonly mismatched: GateRows | null;
  /** The metrics' embeddings. */
  readonly metrics: Embeddings;
}
