import type { Encoder, PretrainedEncoder } from "./encoder.ts";
import { encodeTexts, type EncodeTextsOptions } from "./encode_texts.ts";
import type { OnDone } from "../data/observer.ts";
import type { MetricRecord } from "../data/records.ts";
import type { TextEmbeddings } from "../data/embeddings/text_embeddings.ts";
import { layoutFields, type TextField, type TextLayout, textOf } from "../data/texts/text_layout.ts";

/** The texts that an encoder learns from: those that `encodeRecords` will encode. */
export function fitTexts(records: readonly MetricRecord[], layout: TextLayout = "combined"): string[] {
  return records.flatMap((record) => layoutFields[layout].map((field) => textOf(record, field)));
}

/** Records that are encoded between two words on how far the work is. */
const recordsAtOnce = 256;

/** Embeddings of the texts of a layout, one row a record in each field. @param onDone awaited whenever some texts are encoded */
export async function encodeRecords(
  encoder: Encoder,
  records: readonly MetricRecord[],
  layout: TextLayout = "combined",
  onDone?: OnDone,
): Promise<TextEmbeddings> {
  const fields = [], names = layoutFields[layout];
  for (const [i, name] of names.entries()) {
    const data = new Float32Array(records.length * encoder.dimension);
    for (let from = 0; from < records.length; from += recordsAtOnce) {
      await onDone?.(i * records.length + from, names.length * records.length);
      const texts = records.slice(from, from + recordsAtOnce).map((record) => textOf(record, name));
      data.set(await encoder.encode(texts), from * encoder.dimension);
    }
    fields.push({ name, data });
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
