import { createHash } from "node:crypto";
import { DataError } from "../kernels/errors.ts";
import type { NoteTaker } from "../data/note_taker.ts";
import type { Observer } from "../data/observer.ts";
import type { PretrainedEncoder } from "./encoder.ts";
import type { VectorCache } from "./vector_cache.ts";

/** Characters that are given to a tokenizer for each token that is read: more than any token has. */
const charactersPerToken = 64;

/** How texts are encoded. */
export interface EncodeTextsOptions {
  /** Where vectors are kept; null to keep none. */
  readonly cache: VectorCache | null;
  /** Told in a sentence of anything worth knowing. */
  readonly onNote?: NoteTaker | undefined;
  /** Told before each batch, at the end, and what it came to. */
  readonly observer?: Observer | undefined;
  /** Stops the work between two batches; what is done is in the cache. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Vectors of texts by a pretrained encoder, [texts, dimension]; zeros for a text of nothing but space, which no model is
 * asked about. Equal texts are encoded once; those that the cache knows not at all, the others the longest first, so that
 * a batch is of like lengths. Lone surrogates become U+FFFD.
 *
 * @throws DataError when the encoder gives vectors that are not finite; none of that batch is kept
 */
export async function encodeTexts(
  encoder: PretrainedEncoder,
  texts: readonly string[],
  { cache, onNote, observer, signal }: EncodeTextsOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const { dimension, fingerprint, batchSize } = encoder;
  const rowsOf = new Map<string, number[]>();
  texts.forEach((text, row) => {
    if (text.trim() === "") return;
    const whole = text.toWellFormed(), rows = rowsOf.get(whole);
    if (rows) rows.push(row);
    else rowsOf.set(whole, [row]);
  });
  const vectors = new Float32Array(texts.length * dimension);
  const fill = (rows: readonly number[], vector: Float32Array) => {
    for (const row of rows) vectors.set(vector, row * dimension);
  };
  const distinct = [...rowsOf].map(([text, rows]) => ({ text, rows, hash: hashOf(text) }));
  const known = cache?.find(fingerprint, dimension, distinct.map(({ hash }) => hash)) ?? [];
  const left = distinct.filter(({ rows }, i) => {
    const vector = known[i];
    if (vector) fill(rows, vector);
    return !vector;
  }).toSorted((a, b) => b.text.length - a.text.length);

  const longest = encoder.maxTokens * charactersPerToken;
  const work = (text: string) => Math.min(text.length, longest) + 16;
  const total = left.reduce((sum, { text }) => sum + work(text), 0);
  let done = 0, workDone = 0, keeps = cache;
  for (let from = 0; from < left.length; from += batchSize) {
    observer?.encoding?.({ texts: left.length, done, share: workDone / total });
    signal?.throwIfAborted();
    const batch = left.slice(from, from + batchSize);
    const encoded = await encoder.encode(batch.map(({ text }) => text.slice(0, longest).toWellFormed()));
    expectVectors(encoded, batch.map(({ text }) => text), encoder);
    const rowOf = (i: number) => encoded.subarray(i * dimension, (i + 1) * dimension);
    batch.forEach(({ rows }, i) => fill(rows, rowOf(i)));
    try {
      keeps?.put(fingerprint, batch.map(({ hash }, i) => [hash, rowOf(i)]));
    } catch (error) {
      // Work that is done is worth more than its copy.
      onNote?.(`${(error as Error).message} Texts are encoded on, but their vectors are not kept.`);
      keeps = null;
    }
    done += batch.length;
    workDone += batch.reduce((sum, { text }) => sum + work(text), 0);
  }
  if (left.length > 0) observer?.encoding?.({ texts: left.length, done, share: 1 });
  observer?.encoded?.({ texts: distinct.length, cached: distinct.length - left.length, encoded: left.length });
  return vectors;
}

function hashOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function expectVectors(vectors: Float32Array, texts: readonly string[], { name, dimension }: PretrainedEncoder): void {
  if (vectors.length !== texts.length * dimension) {
    throw new DataError(
      `${name} gave ${vectors.length} numbers for ${texts.length} texts; ${dimension} for each are expected.`,
    );
  }
  const bad = vectors.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const text = texts[Math.floor(bad / dimension)]!.slice(0, 30);
    throw new DataError(
      `${name} gave ${vectors[bad]} for the text ${JSON.stringify(text)}; finite numbers are expected.`,
    );
  }
}
