/** Records as numbers: for each the number of its text and of its metric, and its score. */
export interface ScoredPairs {
  /** Row of its texts, [rows]. */
  readonly text: Uint32Array<ArrayBuffer>;
  /** Row of its metric, [rows]. */
  readonly metric: Uint32Array<ArrayBuffer>;
  /** Its true score, [rows]. */
  readonly score: Float32Array<ArrayBuffer>;
  /** For each row the number of the one that it was preferred to, among these; -1 for none. Absent where none was compared. */
  readonly preferredTo?: Int32Array<ArrayBuffer>;
}
