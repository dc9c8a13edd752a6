import type { TextTable } from "../../data/text_layout.ts";
import type { Embeddings } from "../../models/training_data.ts";

/** Embeddings that say nothing of any text, for a gate that has to go by the words. */
export function blankTexts(records: number): TextTable {
  return { data: new Float32Array(2 * records), fields: 1, dimension: 2 };
}

/** Embeddings of metrics none of which is more like another than any. */
export function unlikeMetrics(metrics: number): Embeddings {
  const data = new Float32Array(metrics ** 2);
  for (let m = 0; m < metrics; m++) data[m * metrics + m] = 1;
  return { data, dimension: metrics };
}
