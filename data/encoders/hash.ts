import { DataError } from "../../kernels/errors.ts";
import type { Encoder, EncoderTensor } from "./encoder.ts";
import { FeatureHasher, featureKinds } from "./text_features.ts";

/** Counters of documents; features share one where their hashes agree in the lowest 17 bits. */
const documentBuckets = 1 << 17;

/** Weight of a word, of two words in a row, and of a few characters. */
const kindWeights = [1, 0.5, 0.3] as const;

/**
 * The built-in encoder: signed feature hashing of words, word pairs and character n-grams of any script. A feature that
 * occurs n times counts (1 + log n) idf; its hash picks one of the dimensions and a sign. The mean of the train texts is
 * taken off, and rows have length 1. Nothing is downloaded.
 *
 * @see Weinberger et al., "Feature hashing for large scale multitask learning" (2009); Bojanowski et al., "Enriching word
 * vectors with subword information" (2017)
 */
export class HashEncoder implements Encoder {
  readonly name = "hash";
  readonly #hasher = new FeatureHasher();
  #documents = 0;
  #frequency = new Float32Array(documentBuckets);
  #mean: Float32Array<ArrayBuffer>;

  /** @param dimension numbers in each vector */
  constructor(readonly dimension = 768) {
    this.#mean = new Float32Array(dimension);
  }

  fit(texts: Iterable<string>): void {
    this.#documents = 0;
    this.#frequency.fill(0);
    this.#mean.fill(0);
    const kept = [...texts];
    for (const text of kept) {
      const seen = new Set<number>();
      this.#hasher.each(text, (_, hash) => seen.add(hash % documentBuckets));
      for (const bucket of seen) this.#frequency[bucket]!++;
      this.#documents += seen.size > 0 ? 1 : 0;
    }
    const sum = new Float64Array(this.dimension), row = new Float64Array(this.dimension);
    for (const text of kept) {
      this.#accumulate(text, row);
      normalise(row);
      row.forEach((value, i) => sum[i]! += value);
    }
    this.#mean.set(sum.map((value) => value / Math.max(this.#documents, 1)));
  }

  encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const rows = new Float32Array(texts.length * this.dimension);
    const row = new Float64Array(this.dimension);
    texts.forEach((text, i) => {
      this.#accumulate(text, row);
      if (!normalise(row)) return;
      row.forEach((value, j) => row[j] = value - this.#mean[j]!);
      normalise(row);
      rows.set(row, i * this.dimension);
    });
    return Promise.resolve(rows);
  }

  state(): Map<string, EncoderTensor> {
    return new Map([
      ["documents", { shape: [1], data: Float32Array.of(this.#documents) }],
      ["document_frequency", { shape: [documentBuckets], data: this.#frequency }],
      ["mean", { shape: [this.dimension], data: this.#mean }],
    ]);
  }

  /** An encoder with what another has learnt. @throws DataError when a part is missing or has another size */
  static fromState(
    state: ReadonlyMap<string, { readonly data: ArrayLike<number | bigint> }>,
    source = "the encoder's state",
  ): HashEncoder {
    const part = (name: string, length?: number) => {
      const data = state.get(name)?.data;
      if (!(data instanceof Float32Array) || data.length !== (length ?? data.length)) {
        throw new DataError(`${source}: "${name}" of ${length ?? "some"} float32 numbers is expected.`);
      }
      return data;
    };
    const mean = part("mean");
    const encoder = new HashEncoder(mean.length);
    encoder.#mean.set(mean);
    encoder.#documents = part("documents", 1)[0]!;
    encoder.#frequency.set(part("document_frequency", documentBuckets));
    return encoder;
  }

  /** Sums a text's weighted features into a row that is cleared first. */
  #accumulate(text: string, row: Float64Array): void {
    row.fill(0);
    const counts = featureKinds.map(() => new Map<number, number>());
    this.#hasher.each(text, (kind, hash) => counts[kind]!.set(hash, (counts[kind]!.get(hash) ?? 0) + 1));
    counts.forEach((ofKind, kind) => {
      for (const [hash, count] of ofKind) {
        const idf = Math.log((1 + this.#documents) / (1 + this.#frequency[hash % documentBuckets]!)) + 1;
        const weight = kindWeights[kind]! * (1 + Math.log(count)) * idf;
        row[(hash >>> 1) % this.dimension]! += hash & 1 ? weight : -weight;
      }
    });
  }
}

/** Scales a row to length 1; false, and unchanged, when it is zero. */
function normalise(row: Float64Array): boolean {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return false;
  row.forEach((value, i) => row[i] = value / length);
  return true;
}
