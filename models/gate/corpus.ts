import { words } from "../../data/encoders/text_features.ts";
import { Languages } from "../../data/languages.ts";
import type { MetricRecord } from "../../data/records.ts";
import { sentences } from "../../data/sentences.ts";
import { wordWeights } from "./word_weights.ts";

/** Most words that are told apart. */
const mostWords = 20_000;

/** A word counts for nothing unless it stands in this many records. */
const leastRecords = 2;

/** The different sentences of a record as lists of different words. */
function sentenceWords({ systemPrompt, userPrompt, response }: MetricRecord): string[][] {
  const different = new Set([systemPrompt ?? "", userPrompt, response].flatMap(sentences));
  return Array.from(different, (sentence) => [...new Set(words(sentence))]);
}

/** The words that are told apart, by number. */
export class Vocabulary {
  readonly #index: ReadonlyMap<string, number>;

  /** Numbers words from 0. */
  constructor(readonly words: readonly string[]) {
    this.#index = new Map(words.map((word, index) => [word, index]));
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

  /** Numbers the words of records and finds their languages. */
  constructor(records: readonly MetricRecord[]) {
    this.vocabulary = Vocabulary.of(records);
    const plain = records.map((record) => this.vocabulary.sentencesOf(record));
    const languages = new Languages(plain.map((sets) => [...new Set(sets.flat())]), this.vocabulary.words.length);
    this.languages = languages.count;
    this.records = plain.map((sets) => sets.map((words) => ({ words, language: languages.of(words) })));
    this.weight = wordWeights(plain.flat(), this.vocabulary.words.length);
  }
}
