import { DataError } from "../kernels/errors.ts";
import type { EncoderTensor, FittedEncoder } from "./encoder.ts";
import { FeatureHasher, featureKinds, hashText } from "../data/texts/text_features.ts";

/** Counters of documents; features share one where their hashes agree in the lowest 17 bits. */
const documentBuckets = 1 << 17;

/** Weight of a word, and of a few characters of one. */
const kindWeights = [1, 0.5] as const;

/**
 * The built-in encoder: signed feature hashing of the words of any script and their character n-grams. A feature that
 * occurs n times counts (1 + log n) sqrt(1 + idf), with idf = log((1 + documents) / (1 + documents with the feature)); its
 * hash picks one of the dimensions and a sign. Rows have length 1. Nothing is downloaded.
 *
 * @see Weinberger et al., "Feature hashing for large scale multitask learning" (2009); Bojanowski et al., "Enriching word
 * vectors with subword information" (2017)
 */
export class HashEncoder implements FittedEncoder {
  readonly name = "hash";
  readonly #hasher = new FeatureHasher();
  #documents = 0;
  readonly #frequency = new Float32Array(documentBuckets);

  /** Makes an encoder that has not learnt from any texts. */
  constructor(
    /** Numbers in each vector. */
    readonly dimension = 768,
  ) {}

  fit(texts: Iterable<string>): void {
    this.#documents = 0;
    this.#frequency.fill(0);
    for (const text of texts) {
      const seen = new Set<number>();
      this.#hasher.each(text, (_, hash) => seen.add(hash % documentBuckets));
      for (const bucket of seen) this.#frequency[bucket]!++;
      if (seen.size > 0) this.#documents++;
    }
  }

  encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const rows = new Float32Array(texts.length * this.dimension);
    texts.forEach((text, i) => rows.set(this.#encodeOne(text), i * this.dimension));
    return Promise.resolve(rows);
  }

  /** How rare a word is, as `words` has it: log((1 + documents) / (1 + documents with the word)). */
  rarity(word: string): number {
    return Math.log((1 + this.#documents) / (1 + this.#frequency[hashText(`<${word}>`) % documentBuckets]!));
  }

  state(): Map<string, EncoderTensor> {
    return new Map([
      ["dimension", { shape: [1], data: Float32Array.of(this.dimension) }],
      ["documents", { shape: [1], data: Float32Array.of(this.#documents) }],
      ["document_frequency", { shape: [documentBuckets], data: this.#frequency }],
    ]);
  }

  /** An encoder with what another has learnt. @throws DataError when a part is missing or has another size */
  static fromState(
    state: ReadonlyMap<string, { readonly data: ArrayLike<number | bigint> }>,
    source = "the encoder's state",
  ): HashEncoder {
    const part = (name: string, length: number) => {
      const data = state.get(name)?.data;
      if (!(data instanceof Float32Array) || data.length !== length) {
        throw new DataError(`${source}: "${name}" of ${length} float32 numbers is expected.`);
      }
      return data;
    };
    const encoder = new HashEncoder(part("dimension", 1)[0]);
    encoder.#documents = part("documents", 1)[0]!;
    encoder.#frequency.set(part("document_frequency", documentBuckets));
    return encoder;
  }

  #encodeOne(text: string): Float64Array {
    const counts = featureKinds.map(() => new Map<number, number>());
    this.#hasher.each(text, (kind, hash) => counts[kind]!.set(hash, (counts[kind]!.get(hash) ?? 0) + 1));
    const row = new Float64Array(this.dimension);
    counts.forEach((ofKind, kind) => {
      for (const [hash, count] of ofKind) {
        const idf = Math.log((1 + this.#documents) / (1 + this.#frequency[hash % documentBuckets]!));
        const weight = kindWeights[kind]! * (1 + Math.log(count)) * Math.sqrt(1 + idf);
        row[(hash >>> 1) % this.dimension]! += hash & 1 ? weight : -weight;
      }
    });
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return length > 0 ? row.map((value) => value / length) : row;
  }
}
