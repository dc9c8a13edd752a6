import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { KNeighborsRegressor } from "../../recipes/classical/neighbours.ts";
import { type Matrix, pickedRows } from "../../recipes/classical/matrix.ts";

/** Rows whose distances to all others are held at once. */
const rowsAtOnce = 256;

/**
 * Scores of rows, each drawn towards the mean of its neighbourhood: (1 - share) of its own, and share of the mean over
 * itself and the `neighbors` nearest rows with its metric, by Euclidean distance of the embeddings of their texts. Takes
 * time of the square of the rows of a metric.
 *
 * @returns scores, [rows]
 * @see document 003, section 3.6: "score smoothing across embedding-space clusters"
 */
export function smoothScores(
  rows: ScoredPairs,
  texts: TextTable,
  { share, neighbors }: { readonly share: number; readonly neighbors: number },
): Float32Array<ArrayBuffer> {
  const table: Matrix = {
    data: texts.data,
    rows: texts.data.length / (texts.fields * texts.dimension),
    columns: texts.fields * texts.dimension,
  };
  const smoothed = rows.score.slice();
  for (const ofMetric of Map.groupBy(rows.metric.keys(), (row) => rows.metric[row]!).values()) {
    const x = pickedRows(table, ofMetric.map((row) => rows.text[row]!));
    const score = Float32Array.from(ofMetric, (row) => rows.score[row]!);
    const neighbourhoods = new KNeighborsRegressor(x, score, { neighbors: neighbors + 1 });
    for (let from = 0; from < x.rows; from += rowsAtOnce) {
      const to = Math.min(from + rowsAtOnce, x.rows);
      const some = { ...x, data: x.data.subarray(from * x.columns, to * x.columns), rows: to - from };
      neighbourhoods.predict(some).forEach((mean, i) => {
        smoothed[ofMetric[from + i]!] = (1 - share) * score[from + i]! + share * mean;
      });
    }
  }
  return smoothed;
}
