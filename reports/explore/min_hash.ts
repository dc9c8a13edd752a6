/** Values of a signature, and how many of them a band holds. */
const size = 128, bandSize = 4;

/** Texts whose signatures share at least this much are near duplicates. */
export const nearShare = 0.8;

/** Texts of one bucket that a text is compared with. */
const compared = 4;

/** What an empty bin holds until it is filled. */
const nothing = 0xffffffff;

/**
 * Signatures of texts by the runs of three words that they hold: two of them agree in about as many values as the texts
 * share of their runs (one-permutation hashing, empty bins filled from the next).
 *
 * @see Li, Owen, Zhang, "One Permutation Hashing" (2012); Shrivastava, Li, "Densifying One Permutation Hashing" (2014)
 */
export class Signatures {
  readonly #data: Uint32Array;
  readonly #filled: Uint8Array;

  constructor(readonly count: number) {
    this.#data = new Uint32Array(count * size).fill(nothing);
    this.#filled = new Uint8Array(count);
  }

  /** Signs a text. @param words hashes of its words, in order */
  sign(text: number, words: ArrayLike<number>): void {
    if (words.length === 0) return;
    const row = this.#data.subarray(text * size, (text + 1) * size);
    for (let from = 0; from < Math.max(words.length - 2, 1); from++) {
      let hash = 0;
      for (let k = from; k < Math.min(from + 3, words.length); k++) hash = mix(Math.imul(hash, 31) ^ words[k]!);
      const bin = hash & (size - 1), value = hash >>> 7;
      if (value < row[bin]!) row[bin] = value;
    }
    fill(row);
    this.#filled[text] = 1;
  }

  /** For each text the first one that it is a near duplicate of, directly or through others; its own number for none. */
  clusters(): Uint32Array {
    const parent = Uint32Array.from({ length: this.count }, (_, i) => i);
    const root = (text: number) => {
      while (parent[text] !== text) text = parent[text] = parent[parent[text]!]!;
      return text;
    };
    for (let band = 0; band < size; band += bandSize) {
      const buckets = new Map<number, number[]>();
      for (let text = 0; text < this.count; text++) {
        if (!this.#filled[text]) continue;
        let key = 0;
        for (let k = 0; k < bandSize; k++) key = mix(Math.imul(key, 31) ^ this.#data[text * size + band + k]!);
        const bucket = buckets.get(key);
        if (!bucket) {
          buckets.set(key, [text]);
          continue;
        }
        for (const other of bucket) {
          const a = root(text), b = root(other);
          if (a !== b && this.shared(text, other) >= nearShare) parent[Math.max(a, b)] = Math.min(a, b);
        }
        if (bucket.length < compared) bucket.push(text);
      }
    }
    return parent.map((_, text) => root(text));
  }

  /** Estimated share of the runs that two texts have in common. */
  shared(a: number, b: number): number {
    let same = 0;
    for (let k = 0; k < size; k++) if (this.#data[a * size + k] === this.#data[b * size + k]) same++;
    return same / size;
  }
}

function fill(row: Uint32Array): void {
  const own = row.slice();
  for (let bin = 0; bin < size; bin++) {
    if (own[bin] !== nothing) continue;
    let step = 1;
    while (own[(bin + step) % size] === nothing) step++;
    row[bin] = (own[(bin + step) % size]! + Math.imul(step, 0x9e3779b1)) >>> 0;
  }
}

/** Mixes the bits of a number (the finaliser of MurmurHash3). */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
