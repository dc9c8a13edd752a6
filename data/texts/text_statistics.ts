import type { MetricRecord } from "../records.ts";
import { textAnalyser, type TextAnalysis } from "./text_analysis.ts";
import type { TextTable } from "./text_layout.ts";

/** What is measured of the texts by themselves, in any language. Lengths are logarithms of 1 + length. */
export const styleStatisticNames = [
  "prompt words",
  "response words",
  "prompt characters",
  "response characters",
  "prompt sentences",
  "response sentences",
  "different words of the prompt",
  "different words of the response",
  "different word pairs of the response",
  "different word triples of the response",
  "response questions",
  "word length of the response",
  "system words",
  "response ends with a mark",
  "response begins with a capital",
  "punctuation of the response",
  "digits of the response",
  "capitals of the response",
  "response characters beyond ASCII",
  "rarity of the response's words",
] as const;

/** What the response has in common with prompt and system prompt. */
export const comparisonStatisticNames = [
  "cosine of prompt and response",
  "response words that stand in the prompt",
  "prompt words that stand in the response",
  "response sentences that stand in the prompt",
  "response trigrams that stand in the prompt",
  "prompt trigrams that stand in the response",
  "response words that stand in the system prompt",
  "response trigrams that stand in the system prompt",
  "numbers in common",
  "shared script",
  "response characters to prompt characters",
] as const;

/** All statistics of a record in the order of their columns. */
export const textStatisticNames = [...styleStatisticNames, ...comparisonStatisticNames] as const;

/** One row a record, [records, statistics]: its texts in numbers. */
export interface TextStatistics {
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Dimensions of a row. */
  readonly dimension: number;
}

/** What statistics are measured with besides the texts. */
export interface StatisticsContext {
  /** Embeddings of the records, a row each; the cosine is 0 where they do not hold prompt and response apart. */
  readonly texts?: TextTable | null;
  /** How rare the words of a text are on average; 0 where that is not known. */
  readonly rarity?: ((text: TextAnalysis) => number) | null;
  /** Further numbers of the records, a row each, that follow the statistics. */
  readonly further?: { readonly data: Float32Array; readonly columns: number } | null;
}

/** Measures the texts of records; see `textStatisticNames`. */
export function textStatistics(
  records: readonly MetricRecord[],
  { texts = null, rarity = null, further = null }: StatisticsContext = {},
): TextStatistics {
  const width = further?.columns ?? 0, dimension = textStatisticNames.length + width;
  const data = new Float32Array(records.length * dimension);
  const analysis = textAnalyser();
  records.forEach((record, row) => {
    const prompt = analysis(record.userPrompt), response = analysis(record.response);
    const system = analysis(record.systemPrompt ?? "");
    data.set([...style(prompt, response, system, record.response), rarity?.(response) ?? 0], row * dimension);
    const comparison = [texts ? promptCosine(texts, row) : 0, ...compare(prompt, response, system)];
    data.set(comparison, row * dimension + styleStatisticNames.length);
    if (further) data.set(further.data.subarray(row * width, (row + 1) * width), (row + 1) * dimension - width);
  });
  return { data, dimension };
}

const share = (part: number, of: number) => part / Math.max(of, 1);

/** All of `styleStatisticNames` but the rarity. */
function style(prompt: TextAnalysis, response: TextAnalysis, system: TextAnalysis, text: string): number[] {
  const said = response.words;
  const characters = Array.from(text.trim());
  const part = (kind: RegExp) => share(characters.filter((one) => kind.test(one)).length, characters.length);
  return [
    Math.log1p(prompt.words.length),
    Math.log1p(said.length),
    Math.log1p(prompt.length),
    Math.log1p(response.length),
    Math.log1p(prompt.sentences.length),
    Math.log1p(response.sentences.length),
    share(prompt.vocabulary.size, prompt.words.length),
    share(response.vocabulary.size, said.length),
    differentRuns(said, 2),
    differentRuns(said, 3),
    share(text.split(/[?？؟]/u).length - 1, response.sentences.length),
    share(said.reduce((sum, word) => sum + word.length, 0), said.length),
    Math.log1p(system.words.length),
    Number(/[\p{P}]$/u.test(characters.at(-1) ?? "")),
    Number(/\p{Lu}/u.test(characters[0] ?? "")),
    part(/[\p{P}\p{S}]/u),
    part(/\p{Nd}/u),
    part(/\p{Lu}/u),
    part(/[^\p{ASCII}]/u),
  ];
}

/** Share of different ones among the runs of so many words. */
function differentRuns(words: readonly string[], length: number): number {
  const runs = Math.max(words.length - length + 1, 0);
  const different = new Set(Array.from({ length: runs }, (_, from) => words.slice(from, from + length).join(" ")));
  return share(different.size, runs);
}

/** All of `comparisonStatisticNames` but the cosine. */
function compare(prompt: TextAnalysis, response: TextAnalysis, system: TextAnalysis): number[] {
  const within = <Value>(part: ReadonlySet<Value>, whole: ReadonlySet<Value>) =>
    share(part.intersection(whole).size, part.size);
  const known = new Set(prompt.sentences);
  return [
    within(response.vocabulary, prompt.vocabulary),
    within(prompt.vocabulary, response.vocabulary),
    share(response.sentences.filter((sentence) => known.has(sentence)).length, response.sentences.length),
    within(response.trigrams, prompt.trigrams),
    within(prompt.trigrams, response.trigrams),
    within(response.vocabulary, system.vocabulary),
    within(response.trigrams, system.trigrams),
    share(prompt.numbers.intersection(response.numbers).size, prompt.numbers.union(response.numbers).size),
    sharedScript(prompt.scripts, response.scripts),
    Math.log1p(response.length) - Math.log1p(prompt.length),
  ];
}

/** Cosine of how two texts use scripts. */
function sharedScript(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const length = (blocks: ReadonlyMap<number, number>) => Math.hypot(...blocks.values());
  const product = [...a].reduce((sum, [block, count]) => sum + count * (b.get(block) ?? 0), 0);
  return product === 0 ? 0 : product / (length(a) * length(b));
}

/** Cosine of the embeddings of a record's last two fields: prompt and response. */
function promptCosine({ data, fields, dimension }: TextTable, row: number): number {
  if (fields < 2) return 0;
  const end = (row + 1) * fields * dimension, prompt = end - 2 * dimension, response = end - dimension;
  let product = 0, first = 0, second = 0;
  for (let k = 0; k < dimension; k++) {
    const a = data[prompt + k]!, b = data[response + k]!;
    product += a * b;
    first += a * a;
    second += b * b;
  }
  return product === 0 ? 0 : product / Math.sqrt(first * second);
}
