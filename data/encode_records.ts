import type { Encoder } from "./encoders/encoder.ts";
import type { MetricRecord } from "./records.ts";
import type { TextEmbeddings } from "./text_embeddings.ts";
import { layoutFields, type TextLayout, textsOf } from "./text_layout.ts";

/** The texts that an encoder learns from: those that `encodeRecords` will encode. */
export function fitTexts(records: readonly MetricRecord[], layout: TextLayout = "combined"): string[] {
  return records.flatMap((record) => textsOf(record, layout));
}

/** Embeddings of the texts of a layout, one row a record in each field. */
export async function encodeRecords(
  encoder: Encoder,
  records: readonly MetricRecord[],
  layout: TextLayout = "combined",
): Promise<TextEmbeddings> {
  const texts = records.map((record) => textsOf(record, layout));
  const fields = [];
  for (const [field, name] of layoutFields[layout].entries()) {
    fields.push({ name, data: await encoder.encode(texts.map((one) => one[field]!)) });
  }
  return { fields, dimension: encoder.dimension };
}
