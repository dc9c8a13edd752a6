import { createHash } from "node:crypto";
import type { DataPaths } from "../data/files/data_paths.ts";
import { embedRecords } from "./encode_records.ts";
import { holdsEmbeddings, writeEmbeddings } from "../data/embeddings/embeddings_folder.ts";
import type { EncodingOptions } from "./encoder.ts";
import { HashEncoder } from "./hash.ts";
import { readMetricDefinitions } from "../data/metrics/metric_definitions.ts";
import { MetricTable } from "../data/metrics/metric_table.ts";
import { type MetricRecord, readRecords } from "../data/records.ts";
import type { Reading } from "../data/reading.ts";
import type { EncoderNote, TextEmbeddings } from "../data/embeddings/text_embeddings.ts";
import { type TextField, textOf } from "../data/texts/text_layout.ts";
import { UsageError } from "../kernels/errors.ts";
import { encodeDefinitions, type EncodingWatch, withEncoder } from "./encode_inputs.ts";
import { absoluteEncoderName, builtInEncoder } from "./open_encoder.ts";

/** Texts to embed once and for all. */
export interface EmbedRequest {
  /** Records; scores in them are passed over. */
  readonly data: DataPaths;
  /** How they are read. */
  readonly reading?: Reading;
  /** Name of the encoder. */
  readonly encoder: string;
  /** How it is used. */
  readonly encoding: EncodingOptions;
  /** Which texts of each record. */
  readonly fields: readonly TextField[];
  /** JSON file of a text for each metric's name; null for none. */
  readonly metricDefinitions: string | null;
  /** Folder to write. */
  readonly out: string;
  /** Replaces embeddings that are in it. */
  readonly force: boolean;
}

/** What was embedded. */
export interface EmbedSummary {
  /** Records. */
  readonly rows: number;
  /** Dimensions of a row. */
  readonly dimension: number;
  /** Of each field how many records lack it. */
  readonly missing: readonly (readonly [field: string, rows: number])[];
}

/**
 * Writes the embeddings of texts as `.npy` files, a row a record, which `train --embeddings` reads.
 *
 * @throws MetrogradError in one sentence; nothing is left in the folder then
 */
export async function embedFile(request: EmbedRequest, watch: EncodingWatch): Promise<EmbedSummary> {
  const { data, reading, fields, out, force, metricDefinitions, encoding } = request;
  if (fields.includes("text") && fields.length > 1) {
    throw new UsageError("text is all fields put together, and stands in a folder of its own; leave the others out.");
  }
  await holdsEmbeddings(out, force);
  const records = await readRecords(data, {
    ...{ scores: "ignored", numbered: true, reading, onNote: watch.onNote ?? (() => {}) },
  });
  const definitions = metricDefinitions === null ? null : await readMetricDefinitions(metricDefinitions, watch.onNote);
  const encoder = absoluteEncoderName(request.encoder, "--encoder");
  const encoded = encoder === builtInEncoder
    ? await withHash(records, fields, definitions)
    : await withEncoder(encoder, encoding, watch, async (opened, options) => ({
      embeddings: await embedRecords(opened, records, fields, options),
      metrics: definitions && await encodeDefinitions(opened, definitions, options),
      encoder: { name: opened.name, fingerprint: opened.fingerprint },
    }));
  const { dimension } = encoded.embeddings;
  const masked = encoded.embeddings.fields.map(({ name, data }) => {
    const there = (record: MetricRecord) => textOf(record, name as TextField).trim() === "" ? 0 : 1;
    return { name, data, mask: Uint8Array.from(records, there) };
  });
  const { metrics, encoder: note } = encoded;
  await writeEmbeddings(out, { fields: masked, dimension, encoder: note, encoding, metrics }, force);
  return {
    rows: records.length,
    dimension,
    missing: masked.map(({ name, mask }) => [name, mask.reduce((sum, one) => sum + 1 - one, 0)]),
  };
}

/** Encodes with the encoder that learns from texts: here, from those that it encodes. */
async function withHash(
  records: readonly MetricRecord[],
  fields: readonly TextField[],
  definitions: ReadonlyMap<string, string> | null,
): Promise<{ embeddings: TextEmbeddings; metrics: MetricTable | null; encoder: EncoderNote }> {
  const encoder = new HashEncoder();
  const textsOf = (field: TextField) => records.map((record) => textOf(record, field));
  encoder.fit(fields.flatMap(textsOf));
  const columns = [];
  for (const name of fields) columns.push({ name, data: await encoder.encode(textsOf(name)) });
  const hash = createHash("sha256").update(builtInEncoder);
  for (const { data } of encoder.state().values()) hash.update(new Uint8Array(data.buffer));
  return {
    embeddings: { fields: columns, dimension: encoder.dimension },
    metrics: definitions &&
      new MetricTable([...definitions.keys()], await encoder.encode([...definitions.values()]), encoder.dimension),
    encoder: { name: builtInEncoder, fingerprint: hash.digest("hex") },
  };
}
