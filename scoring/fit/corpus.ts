import type { OnDone } from "../../data/observer.ts";
import { words } from "../../data/texts/text_features.ts";
import { Languages } from "../../data/texts/languages.ts";
import type { MetricRecord } from "../../data/records.ts";
import { sentences } from "../../data/texts/sentences.ts";

/** Most words that are told apart. */
const mostWords = 20_000;

/** A word counts for nothing unless it stands in this many records. */
const leastRecords = 2;

/** Records that are read between two words on how far the work is. */
const recordsAtOnce = 64;

/** Records that were split already. */
const split = new WeakMap<MetricRecord, string[][]>();

/** The different sentences of a record as lists of different words. */
function sentenceWords(record: MetricRecord): string[][] {
  const known = split.get(record);
  if (known) return known;
  const different = new Set([record.systemPrompt ?? "", record.userPrompt, record.response].flatMap(sentences));
  const found = Array.from(different, (sentence) => [...new Set(words(sentence))]);
  split.set(record, found);
  return found;
}

/** The words that are told apart, by number. */
export class Vocabulary {
  readonly #index: ReadonlyMap<string, number>;

  /** Numbers words from 0. */
  constructor(readonly words: readonly string[]) {
    this.#index = new Map(words.map((word, index) => [word, index]));
  }

  /** The words of some records, the most frequent where there are too many. @param onRecords awaited whenever some are read */
  static async of(
    records: readonly MetricRecord[],
    onRecords: OnDone,
  ): Promise<Vocabulary> {
    const frequency = new Map<string, number>();
    for (const [i, record] of records.entries()) {
      if (i % recordsAtOnce === 0) await onRecords(i, records.length);
      for (const word of new Set(sentenceWords(record).flat())) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    }
    const known = [...frequency].filter(([, count]) => count >= leastRecords);
    known.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return new Vocabulary(known.slice(0, mostWords).map(([word]) => word));
  }

  /** For each different sentence of a record, the numbers of its different words that are known. */
  sentencesOf(record: MetricRecord): number[][] {
    return sentenceWords(record).map((list) => list.flatMap((word) => this.#index.get(word) ?? []));
  }
}

/** A sentence of a corpus. */
export interface Sentence {
  /** Numbers of its different words. */
  readonly words: readonly number[];
  /** Number of its language. */
  readonly language: number;
}

/** How often each word was counted in each group of records, and would be if groups did not matter. */
export interface GroupCounts {
  /** [groups][words] */
  readonly counts: readonly Float64Array[];
  /** [groups][words]; a group's words in each language, shared out as everywhere in that language. */
  readonly expected: readonly Float64Array[];
}

/** Records as numbers: their sentences, each with its words and its language. */
export class Corpus {
  /** Words that are told apart. */
  readonly vocabulary: Vocabulary;
  /** The different sentences of each record. */
  readonly records: readonly (readonly Sentence[])[];
  /** How many languages there are. */
  readonly languages: number;
  /** How much each word counts: those that always stand together count as one, [words]. */
  readonly weight: Float64Array;

  private constructor(vocabulary: Vocabulary, plain: readonly (readonly number[][])[]) {
    this.vocabulary = vocabulary;
    const languages = new Languages(plain.map((sets) => [...new Set(sets.flat())]), this.vocabulary.words.length);
    this.languages = languages.count;
    this.records = plain.map((sets) => sets.map((words) => ({ words, language: languages.of(words) })));
    this.weight = wordWeights(plain.flat(), this.vocabulary.words.length);
  }

  /** Numbers the words of records and finds their languages. @param onRecords awaited whenever some are read */
  static async of(
    records: readonly MetricRecord[],
    onRecords: OnDone = async () => {},
  ): Promise<Corpus> {
    const vocabulary = await Vocabulary.of(records, onRecords);
    return new Corpus(vocabulary, records.map((record) => vocabulary.sentencesOf(record)));
  }

  /**
   * Counts words by groups of records, once a sentence.
   *
   * @param rows numbers of the records to count
   * @param group of each of them, below `groups`
   */
  count(rows: ArrayLike<number>, group: ArrayLike<number>, groups: number): GroupCounts {
    const size = this.vocabulary.words.length;
    const zeros = (length: number) => Array.from({ length }, () => new Float64Array(size));
    const counts = zeros(groups), inLanguage = zeros(this.languages);
    const lengths = Array.from({ length: groups }, () => new Float64Array(this.languages));
    for (let i = 0; i < rows.length; i++) {
      const own = counts[group[i]!]!, length = lengths[group[i]!]!;
      for (const { words, language } of this.records[rows[i]!]!) {
        const all = inLanguage[language]!;
        for (const word of words) {
          own[word]!++;
          all[word]!++;
        }
        length[language]! += words.length;
      }
    }
    const expected = zeros(groups);
    inLanguage.forEach((frequency, language) => {
      const total = frequency.reduce((sum, count) => sum + count, 0);
      if (total === 0) return;
      expected.forEach((own, g) => {
        const share = lengths[g]![language]! / total;
        for (let word = 0; word < size; word++) own[word]! += share * frequency[word]!;
      });
    });
    return { counts, expected };
  }
}

/**
 * How much each word counts as evidence: 1 / (1 + Σ_v c(w, v)²) over all other words v, with c² the squared cosine of the
 * sentences that the two stand in. A word that comes and goes on its own counts as 1; of k words that always stand
 * together, as in a set phrase, each counts as 1/k: together they say no more than one of them.
 *
 * @param sentences different words of each, by number
 * @param words how many there are
 */
function wordWeights(sentences: readonly (readonly number[])[], words: number): Float64Array {
  const places: number[][] = Array.from({ length: words }, () => []);
  sentences.forEach((sentence, at) => sentence.forEach((word) => places[word]!.push(at)));
  const together = new Float64Array(words);
  return Float64Array.from(places, (own, word) => {
    const met: number[] = [];
    for (const at of own) {
      for (const other of sentences[at]!) {
        if (together[other]!++ === 0) met.push(other);
      }
    }
    let squares = 0;
    for (const other of met) {
      const count = together[other]!;
      // n (n - 1) instead of n², so that to meet once by chance does not count.
      if (other !== word) squares += count * (count - 1) / (own.length * places[other]!.length);
      together[other] = 0;
    }
    return 1 / (1 + squares);
  });
}
