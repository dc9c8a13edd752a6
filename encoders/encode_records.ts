import type { Encoder, PretrainedEncoder } from "./encoder.ts";
import { encodeTexts, type EncodeTextsOptions } from "./encode_texts.ts";
import type { MetricRecord } from "../data/records.ts";
import type { TextEmbeddings } from "../data/embeddings/text_embeddings.ts";
import { layoutFields, type TextField, type TextLayout, textOf } from "../data/texts/text_layout.ts";

/** The texts that an encoder learns from: those that `encodeRecords` will encode. */
export function fitTexts(records: readonly MetricRecord[], layout: TextLayout = "combined"): string[] {
  return records.flatMap((record) => layoutFields[layout].map((field) => textOf(record, field)));
}

/** Embeddings of the texts of a layout, one row a record in each field. */
export async function encodeRecords(
  encoder: Encoder,
  records: readonly MetricRecord[],
  layout: TextLayout = "combined",
): Promise<TextEmbeddings> {
  const fields = [];
  for (const name of layoutFields[layout]) {
    fields.push({ name, data: await encoder.encode(records.map((record) => textOf(record, name))) });
  }
  return { fields, dimension: encoder.dimension };
}

/**
 * The fields that a pretrained encoder is asked for: those of the layout; each on its own where the layout puts them
 * together, since a sentence encoder reads the beginning of a long text only.
 */
export function pretrainedFields(layout: TextLayout): readonly TextField[] {
  return layoutFields[layout === "combined" ? "fields" : layout];
}

/** Embeddings of fields by a pretrained encoder, one row a record; zeros for a text that a record lacks. */
export async function embedRecords(
  encoder: PretrainedEncoder,
  records: readonly MetricRecord[],
  fields: readonly TextField[],
  options: EncodeTextsOptions,
): Promise<TextEmbeddings> {
  const texts = fields.flatMap((field) => records.map((record) => textOf(record, field)));
  const all = await encodeTexts(encoder, texts, options);
  const size = records.length * encoder.dimension;
  return {
    fields: fields.map((name, i) => ({ name, data: all.subarray(i * size, (i + 1) * size) })),
    dimension: encoder.dimension,
  };
}
