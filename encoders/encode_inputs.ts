import { embedRecords, encodeRecords, fitTexts, pretrainedFields } from "./encode_records.ts";
import { encodeTexts, type EncodeTextsOptions } from "./encode_texts.ts";
import { type EncodingProgress, type Observer, type OnDone, onDoneFor } from "../data/observer.ts";
import type { EncodingOptions, PretrainedEncoder } from "./encoder.ts";
import { HashEncoder } from "./hash.ts";
import type { KeptEncoders } from "./kept_encoders.ts";
import { openCache } from "./open_cache.ts";
import { MetricTable } from "../data/metrics/metric_table.ts";
import type { NoteTaker } from "../data/note_taker.ts";
import type { MetricRecord } from "../data/records.ts";
import type { EncoderNote, TextEmbeddings } from "../data/embeddings/text_embeddings.ts";
import type { TextLayout } from "../data/texts/text_layout.ts";
import { builtInEncoder, openEncoder } from "./open_encoder.ts";
import type { SharedEngine } from "./shared_engine.ts";

/** How the encoding of texts is watched and stopped, and where vectors are kept. */
export interface EncodingWatch {
  /** File of vectors; null to keep none; the user's own by default. */
  readonly cache?: string | null | undefined;
  /** Told in a sentence of anything worth knowing. */
  readonly onNote?: NoteTaker | undefined;
  /** Engine of the work that the encoding is part of; an encoder opens one of its own without it. */
  readonly engine?: SharedEngine | undefined;
  /** Encoders that stay open between calls; without them one is opened and closed in each. */
  readonly encoders?: KeptEncoders | undefined;
  /** Told of the encoder's progress. */
  readonly observer?: Observer | undefined;
  /** Stops the work between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** Tells an observer of the encoding of texts. */
export function watchOf(observer: Observer): EncodingWatch {
  return { onNote: (sentence) => observer.note?.(sentence), observer };
}

/** Opens a pretrained encoder and the cache of vectors for a piece of work, and closes them, but for an encoder that is kept. */
export async function withEncoder<Result>(
  name: string,
  options: EncodingOptions,
  { cache: path, onNote = () => {}, engine, encoders, ...watch }: EncodingWatch,
  work: (encoder: PretrainedEncoder, options: EncodeTextsOptions) => Promise<Result>,
): Promise<Result> {
  if (encoders) {
    using cache = openCache(path, onNote);
    return await work(await encoders.open(name, options, onNote, engine), { ...watch, onNote, cache });
  }
  await using encoder = await openEncoder(name, options, onNote, engine);
  using cache = openCache(path, onNote);
  return await work(encoder, { ...watch, onNote, cache });
}

/** Texts to turn into numbers. */
export interface InputTexts {
  /** All records, one row each. */
  readonly records: readonly MetricRecord[];
  /** Which of their texts. */
  readonly layout: TextLayout;
  /** What metrics mean, by name; null where their embeddings are given. */
  readonly definitions: ReadonlyMap<string, string> | null;
}

/** Texts as numbers. */
export interface EncodedInputs {
  readonly embeddings: TextEmbeddings;
  /** Null where their embeddings are given. */
  readonly metrics: MetricTable | null;
}

/** Encodes with a pretrained encoder. @throws MetrogradError in one sentence */
export async function encodeWithPretrained(
  encoder: PretrainedEncoder,
  { records, layout, definitions }: InputTexts,
  options: EncodeTextsOptions,
): Promise<EncodedInputs & { readonly note: EncoderNote }> {
  const metrics = definitions && await encodeDefinitions(encoder, definitions, options);
  const embeddings = await embedRecords(encoder, records, pretrainedFields(layout), options);
  return { embeddings, metrics, note: { name: encoder.name, fingerprint: encoder.fingerprint } };
}

/** A table of metrics by the texts that define them. */
export async function encodeDefinitions(
  encoder: PretrainedEncoder,
  definitions: ReadonlyMap<string, string>,
  options: EncodeTextsOptions,
): Promise<MetricTable> {
  const { observer } = options;
  // What it came to is said of the records' texts.
  const quiet = observer ? { encoding: (progress: EncodingProgress) => observer.encoding?.(progress) } : undefined;
  const vectors = await encodeTexts(encoder, [...definitions.values()], { ...options, observer: quiet });
  return new MetricTable([...definitions.keys()], vectors, encoder.dimension);
}

/** Encodes with the encoder that learns from the train texts. */
export async function encodeWithHash(
  encoder: HashEncoder,
  { records, layout, definitions }: InputTexts,
  onDone?: OnDone,
): Promise<EncodedInputs> {
  return {
    embeddings: await encodeRecords(encoder, records, layout, onDone),
    metrics: definitions &&
      new MetricTable([...definitions.keys()], await encoder.encode([...definitions.values()]), encoder.dimension),
  };
}

/** What a run's texts become, and by what. */
export interface RunTexts extends EncodedInputs {
  /** The encoder that learnt from the train texts; null for any other. */
  readonly hash: HashEncoder | null;
  /** The pretrained encoder; null for `hash`. */
  readonly note: EncoderNote | null;
}

/** Encodes a run's texts with the encoder of its settings. */
export async function encodeInputs(
  inputs: InputTexts & { readonly train: readonly MetricRecord[] },
  { encoder, encoding }: { readonly encoder: string; readonly encoding: EncodingOptions },
  watch: EncodingWatch,
): Promise<RunTexts> {
  if (encoder !== builtInEncoder) {
    const encoded = await withEncoder(
      encoder,
      encoding,
      watch,
      (opened, options) => encodeWithPretrained(opened, inputs, options),
    );
    return { ...encoded, hash: null };
  }
  const hash = new HashEncoder();
  hash.fit(fitTexts(inputs.train, inputs.layout));
  return { ...await encodeWithHash(hash, inputs, onDoneFor("encoding texts", watch)), hash, note: null };
}
