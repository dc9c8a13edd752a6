/** What a feature of a text is: a word, or a few characters of one. */
export const featureKinds = ["word", "characters"] as const;

/** Lengths of character n-grams, in code points; words carry a mark at either end. */
const shortest = 3, longest = 5;

/** Words of which features are remembered; a corpus repeats few words most of the time. */
const rememberedWords = 200_000;

/** Made once a text needs it: its dictionaries take a while to load. */
let segmenter: Intl.Segmenter | undefined;
/** Scripts that write words without spaces between them, whose words only a dictionary finds. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const wordLike = /[\p{L}\p{M}\p{N}_]+(?:['’\u200c\u200d][\p{L}\p{M}\p{N}_]+)*/gu;

/**
 * The words of a text in any script, in order: compatibility forms folded (NFKC), in lower case, without punctuation.
 */
export function words(text: string): string[] {
  const folded = text.normalize("NFKC").toLowerCase();
  const found = folded.match(wordLike) ?? [];
  if (!unspaced.test(folded)) return found;
  const dictionary = segmenter ??= new Intl.Segmenter("und", { granularity: "word" });
  return found.flatMap((run) =>
    unspaced.test(run)
      ? [...dictionary.segment(run)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
      : [run]
  );
}

/** Hashes of the features of a word on its own: itself, and its character n-grams. */
interface WordFeatures {
  readonly word: number;
  readonly characters: Uint32Array;
}

/** Finds the features of texts as 32-bit hashes, one salt a kind. */
export class FeatureHasher {
  readonly #known = new Map<string, WordFeatures>();

  /**
   * Calls back for each feature of a text, as often as it occurs.
   *
   * @param visit gets the kind's place in `featureKinds` and the feature's hash
   */
  each(text: string, visit: (kind: number, hash: number) => void): void {
    for (const word of words(text)) {
      const features = this.#features(word);
      visit(0, features.word);
      for (const hash of features.characters) visit(1, hash);
    }
  }

  #features(word: string): WordFeatures {
    const known = this.#known.get(word);
    if (known) return known;
    if (this.#known.size >= rememberedWords) this.#known.clear();
    const marked = Array.from(`<${word}>`, (character) => character.codePointAt(0)!);
    const characters: number[] = [];
    for (let length = shortest; length <= longest; length++) {
      for (let from = 0; from + length <= marked.length; from++) {
        characters.push(hashCodePoints(marked, from, from + length, 0x51ed270b));
      }
    }
    const features = {
      word: hashCodePoints(marked, 0, marked.length, 0x3c6ef372),
      characters: Uint32Array.from(characters),
    };
    this.#known.set(word, features);
    return features;
  }
}

/** 32-bit hash of a text. */
export function hashText(text: string): number {
  const points = Array.from(text, (character) => character.codePointAt(0)!);
  return hashCodePoints(points, 0, points.length, 0x3c6ef372);
}

/** MurmurHash3 of a range of code points, a 32-bit block each. @see Appleby, "MurmurHash3" (2011) */
function hashCodePoints(points: readonly number[], from: number, to: number, salt: number): number {
  let hash = salt;
  for (let i = from; i < to; i++) {
    let block = Math.imul(points[i]!, 0xcc9e2d51);
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
    hash ^= block;
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  return mix(hash ^ ((to - from) * 4));
}

/** MurmurHash3's last step: every bit of the result depends on every bit of the hash. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
