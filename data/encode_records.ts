import type { Encoder } from "./encoders/encoder.ts";
import { combineTextFields, type MetricRecord } from "./records.ts";
import type { TextEmbeddings } from "./text_embeddings.ts";

/** The texts that an encoder learns from: those that `encodeRecords` will encode. */
export function fitTexts(records: readonly MetricRecord[]): string[] {
  return records.map(combineTextFields);
}

/** One embedding a record, of its fields put together. */
export async function encodeRecords(encoder: Encoder, records: readonly MetricRecord[]): Promise<TextEmbeddings> {
  return {
    fields: [{ name: "text", data: await encoder.encode(fitTexts(records)) }],
    dimension: encoder.dimension,
  };
}
