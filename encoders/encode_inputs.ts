import { embedRecords, encodeRecords, fitTexts, pretrainedFields } from "./encode_records.ts";
import { encodeTexts, type EncodeTextsOptions } from "./encode_texts.ts";
import type { EncodingProgress, Observer } from "../data/observer.ts";
import type { EncodingOptions, PretrainedEncoder } from "./encoder.ts";
import { HashEncoder } from "./hash.ts";
import { openCache } from "./open_cache.ts";
import type { VectorCache } from "./vector_cache.ts";
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
  /** Told of the encoder's progress. */
  readonly observer?: Observer | undefined;
  /** Stops the work between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Encoders that stay open for the next piece of the same work. */
  readonly keep?: OpenEncoders | undefined;
}

/** Tells an observer of the encoding of texts. */
export function watchOf(observer: Observer): EncodingWatch {
  return { onNote: (sentence) => observer.note?.(sentence), observer };
}

/** An open encoder and the cache of its vectors. */
export interface KeptEncoder extends AsyncDisposable {
  /** Loaded. */
  readonly encoder: PretrainedEncoder;
  /** Null where vectors are not kept. */
  readonly cache: VectorCache | null;
}

/** Pretrained encoders, each with the cache of its vectors, that are opened once for many pieces of work. */
export class OpenEncoders implements AsyncDisposable {
  readonly #opened = new Map<string, Promise<KeptEncoder>>();

  /** The encoder of a name and its options, opened when it is first asked for. */
  get(name: string, options: EncodingOptions, watch: EncodingWatch): Promise<KeptEncoder> {
    const key = JSON.stringify([name, options]), opened = this.#opened.get(key) ?? openWithCache(name, options, watch);
    this.#opened.set(key, opened);
    return opened;
  }

  /** Closes them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened.catch(() => null))?.[Symbol.asyncDispose]();
    this.#opened.clear();
  }
}

async function openWithCache(
  name: string,
  options: EncodingOptions,
  { cache: path, onNote = () => {}, engine }: EncodingWatch,
): Promise<KeptEncoder> {
  await using opening = new AsyncDisposableStack();
  const encoder = opening.use(await openEncoder(name, options, onNote, engine));
  const cache = opening.use(openCache(path, onNote)), opened = opening.move();
  return { encoder, cache, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Opens a pretrained encoder and the cache of vectors for a piece of work, and closes both unless they are to be kept. */
export async function withEncoder<Result>(
  name: string,
  options: EncodingOptions,
  watch: EncodingWatch,
  work: (encoder: PretrainedEncoder, options: EncodeTextsOptions) => Promise<Result>,
): Promise<Result> {
  const { onNote = () => {}, observer, signal, keep } = watch;
  await using own = keep ? null : await openWithCache(name, options, watch);
  const { encoder, cache } = own ?? await keep!.get(name, options, watch);
  return await work(encoder, { observer, signal, onNote, cache });
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
): Promise<EncodedInputs> {
  return {
    embeddings: await encodeRecords(encoder, records, layout),
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
  return { ...await encodeWithHash(hash, inputs), hash, note: null };
}
