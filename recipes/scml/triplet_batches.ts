import type { LabelledRows } from "../../data/pairs/feature_tables.ts";
import type { Philox } from "../../kernels/philox.ts";
import { scoreTriplets } from "../classical/triplets.ts";

/**
 * Batches of triplets that are drawn from the scores: anchors, then the rows that should be near them, then those that
 * should be far. There are as many batches as of rows one by one, each of at most `batchSize` rows but of at least one
 * triplet. Rows of weight 0 are in none.
 *
 * @returns no batch where the scores give no triplets
 */
export function tripletBatches({ score, weight }: LabelledRows, batchSize: number, random: Philox): Uint32Array[] {
  const rows = Uint32Array.from(weight.keys()).filter((row) => weight[row]! > 0);
  const each = Math.max(Math.floor(batchSize / 3), 1), batches = Math.ceil(rows.length / batchSize);
  const drawn = scoreTriplets(Float32Array.from(rows, (row) => score[row]!), batches * each, random);
  if (drawn.length === 0) return [];
  // Where fewer were found than are needed, the first serve again.
  const rowAt = (triplet: number, part: number) => rows[drawn[(3 * triplet + part) % drawn.length]!]!;
  return Array.from({ length: batches }, (_, batch) =>
    Uint32Array.from(
      { length: 3 * each },
      (_, i) => rowAt(batch * each + i % each, Math.floor(i / each)),
    ));
}
