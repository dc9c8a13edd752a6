import type { Corpus } from "./corpus.ts";

/** How often each word was counted in each group of records, and would be if groups did not matter. */
export interface GroupCounts {
  /** [groups][words] */
  readonly counts: readonly Float64Array[];
  /** [groups][words]; a group's words in each language, shared out as everywhere in that language. */
  readonly expected: readonly Float64Array[];
}

/**
 * Counts words by groups of records, once a sentence.
 *
 * @param rows numbers of the records to count
 * @param group of each of them, below `groups`
 */
export function countWords(
  corpus: Corpus,
  rows: ArrayLike<number>,
  group: ArrayLike<number>,
  groups: number,
): GroupCounts {
  const size = corpus.vocabulary.words.length;
  const zeros = (length: number) => Array.from({ length }, () => new Float64Array(size));
  const counts = zeros(groups), inLanguage = zeros(corpus.languages);
  const lengths = Array.from({ length: groups }, () => new Float64Array(corpus.languages));
  for (let i = 0; i < rows.length; i++) {
    const own = counts[group[i]!]!, length = lengths[group[i]!]!;
    for (const { words, language } of corpus.records[rows[i]!]!) {
      for (const word of words) {
        own[word]!++;
        inLanguage[language]![word]!++;
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
