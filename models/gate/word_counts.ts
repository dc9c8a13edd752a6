import { words } from "../../data/encoders/text_features.ts";
import type { MetricRecord } from "../../data/records.ts";
import { sentences } from "../../data/sentences.ts";

/** A record's texts as numbers: for each different sentence, its different words that are in the vocabulary. */
export type WordSets = readonly (readonly number[])[];

/** Most words that are told apart. */
const mostWords = 20_000;

/** A word counts for nothing unless it stands in this many records. */
const leastRecords = 2;

/** Scripts whose words are counted apart, since a text in one of them says nothing of the words of another. */
const scripts = [
  "Latin",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Gujarati",
  "Gurmukhi",
  "Oriya",
  "Sinhala",
  "Arabic",
  "Cyrillic",
  "Greek",
  "Hebrew",
  "Thai",
  "Hangul",
  "Hiragana",
  "Katakana",
  "Han",
] as const;
const scriptPatterns = scripts.map((script) => new RegExp(`\\p{Script=${script}}`, "u"));

/** Number of the script of a word's first letter that has one; the last number is for all others. */
export function scriptOf(word: string): number {
  for (const character of word) {
    const script = scriptPatterns.findIndex((pattern) => pattern.test(character));
    if (script >= 0) return script;
  }
  return scripts.length;
}

/** How many numbers `scriptOf` gives. */
export const scriptCount = scripts.length + 1;

/** The different sentences of a record as lists of different words. */
function sentenceWords({ systemPrompt, userPrompt, response }: MetricRecord): string[][] {
  const different = new Set([systemPrompt ?? "", userPrompt, response].flatMap(sentences));
  return Array.from(different, (sentence) => [...new Set(words(sentence))]);
}

/** The words that a topic model tells apart, each with its script. */
export class Vocabulary {
  readonly #index: ReadonlyMap<string, number>;
  /** `scriptOf` each word. */
  readonly scripts: Uint8Array;

  constructor(readonly words: readonly string[]) {
    this.#index = new Map(words.map((word, index) => [word, index]));
    this.scripts = Uint8Array.from(words, scriptOf);
  }

  /** The words of some records, the most frequent where there are too many. */
  static of(records: readonly MetricRecord[]): Vocabulary {
    const frequency = new Map<string, number>();
    for (const record of records) {
      for (const word of new Set(sentenceWords(record).flat())) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    }
    const known = [...frequency].filter(([, count]) => count >= leastRecords);
    known.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return new Vocabulary(known.slice(0, mostWords).map(([word]) => word));
  }

  /** A record in the numbers of this vocabulary. */
  wordSets(record: MetricRecord): WordSets {
    return sentenceWords(record).map((list) =>
      list.map((word) => this.#index.get(word) ?? -1).filter((word) => word >= 0)
    );
  }
}

/** How often each word was counted in each group of records, and would be if groups did not matter. */
export interface GroupCounts {
  /** [groups][words] */
  readonly counts: readonly Float64Array[];
  /** [groups][words]; a group's number of words of a script, shared out as everywhere. */
  readonly expected: readonly Float64Array[];
}

/**
 * Counts words by groups of records.
 *
 * @param group of each record, below `groups`
 */
export function countWords(
  vocabulary: Vocabulary,
  records: readonly WordSets[],
  group: ArrayLike<number>,
  groups: number,
): GroupCounts {
  const size = vocabulary.words.length;
  const counts = Array.from({ length: groups }, () => new Float64Array(size));
  records.forEach((sets, row) => {
    const own = counts[group[row]!]!;
    for (const set of sets) for (const word of set) own[word]!++;
  });
  const total = new Float64Array(size), byScript = new Float64Array(scriptCount);
  for (const own of counts) own.forEach((count, word) => total[word]! += count);
  total.forEach((count, word) => byScript[vocabulary.scripts[word]!]! += count);
  const expected = counts.map((own) => {
    const lengths = new Float64Array(scriptCount);
    own.forEach((count, word) => lengths[vocabulary.scripts[word]!]! += count);
    return total.map((count, word) => {
      const script = vocabulary.scripts[word]!;
      return byScript[script]! > 0 ? count / byScript[script]! * lengths[script]! : 0;
    });
  });
  return { counts, expected };
}
