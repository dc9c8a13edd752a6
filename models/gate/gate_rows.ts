import type { MetricRecord } from "../../data/records.ts";

/** Records with their metrics, as numbers. */
export interface GateRows {
  /** For each row, the number of its record. */
  readonly text: Uint32Array;
  /** For each row, the number of its metric. */
  readonly metric: Uint32Array;
}

/** What the gate says of rows. */
export interface GateEvidence {
  /** p(metric | texts) / p(metric) of each row: far above 1 where they go together, near 0 where they do not. */
  readonly odds: Float64Array;
  /** Score to expect of each row if its metric does not fit. */
  readonly misfitScore: Float64Array;
}

/** What a gate is fitted to. */
export interface GateData {
  /** All records; rows name theirs by number. */
  readonly records: readonly MetricRecord[];
  /** Train rows, with their scores. */
  readonly train: GateRows & { readonly score: Float32Array };
  /** Rows held out. */
  readonly validation: GateRows;
  /** Rows held out whose metric was swapped. */
  readonly mismatched: GateRows | null;
  /** How many metrics there are. */
  readonly metrics: number;
}
