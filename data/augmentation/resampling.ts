import { Philox } from "../../kernels/philox.ts";
import type { ScoredPairs } from "../pairs/scored_pairs.ts";
import { RowList } from "../pairs/row_list.ts";
import { scoreClass } from "../scores.ts";

const resampleStream = 0x2e5a;

/**
 * Copies of rows that widen the distribution of each metric's scores: of each metric's rows a share is drawn again, first
 * the class of the score, each that occurs with the metric as likely, then a row of it.
 *
 * @param options.share how many, beside the rows of the metric
 * @param options.mostCopies times that one row is copied at most
 * @see document 001, section 2: "resampled such that the distribution widens"
 */
export function widenScores(
  rows: ScoredPairs,
  { seed, share, mostCopies }: { readonly seed: number; readonly share: number; readonly mostCopies: number },
): ScoredPairs {
  const random = new Philox(seed, resampleStream);
  const made = new RowList();
  for (const ofMetric of Map.groupBy(rows.metric.keys(), (row) => rows.metric[row]!).values()) {
    const left = new Map(ofMetric.map((row) => [row, mostCopies]));
    const classes = [...Map.groupBy(ofMetric, (row) => scoreClass(rows.score[row]!)).values()];
    const count = Math.round(share * ofMetric.length);
    for (let drawn = 0; drawn < count && classes.length > 0; drawn++) {
      const at = random.integer(classes.length), members = classes[at]!;
      const index = random.integer(members.length), row = members[index]!;
      made.push(rows.text[row]!, rows.metric[row]!, rows.score[row]!);
      left.set(row, left.get(row)! - 1);
      if (left.get(row) === 0) members.splice(index, 1);
      if (members.length === 0) classes.splice(at, 1);
    }
  }
  return made.rows();
}
