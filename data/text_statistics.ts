import { words } from "./encoders/text_features.ts";
import type { MetricRecord } from "./records.ts";
import { sentences } from "./sentences.ts";

/** What is measured of a record's texts, without knowing any language. Lengths are logarithms of 1 + length. */
export const textStatisticNames = [
  "prompt words",
  "response words",
  "prompt characters",
  "response characters",
  "prompt sentences",
  "response sentences",
  "different words of the prompt",
  "different words of the response",
  "response words that stand in the prompt",
  "response sentences that stand in the prompt",
  "response questions",
  "word length of the response",
  "shared script",
] as const;

/** One row a record, [records, statistics]: its texts in numbers. */
export interface TextStatistics {
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Numbers in a row. */
  readonly dimension: number;
}

/** Measures the texts of records; see `textStatisticNames`. */
export function textStatistics(records: readonly MetricRecord[]): TextStatistics {
  const dimension = textStatisticNames.length;
  const data = new Float32Array(records.length * dimension);
  records.forEach((record, row) => data.set(measure(record), row * dimension));
  return { data, dimension };
}

function measure({ userPrompt, response }: MetricRecord): number[] {
  const asked = words(userPrompt), said = words(response);
  const askedOnce = new Set(asked), saidOnce = new Set(said);
  const askedSentences = sentences(userPrompt), saidSentences = sentences(response);
  const known = new Set(askedSentences);
  const share = (part: number, of: number) => part / Math.max(of, 1);
  return [
    Math.log1p(asked.length),
    Math.log1p(said.length),
    Math.log1p(userPrompt.length),
    Math.log1p(response.length),
    Math.log1p(askedSentences.length),
    Math.log1p(saidSentences.length),
    share(askedOnce.size, asked.length),
    share(saidOnce.size, said.length),
    share([...saidOnce].filter((word) => askedOnce.has(word)).length, saidOnce.size),
    share(saidSentences.filter((sentence) => known.has(sentence)).length, saidSentences.length),
    share(response.split(/[?？؟]/u).length - 1, saidSentences.length),
    share(said.reduce((sum, word) => sum + word.length, 0), said.length),
    sharedScript(userPrompt, response),
  ];
}

/** Blocks of 128 code points hold about one script each; the cosine of how two texts use them. */
function sharedScript(a: string, b: string): number {
  const uses = (text: string) => {
    const blocks = new Map<number, number>();
    for (const letter of text.match(/\p{L}/gu) ?? []) {
      const block = letter.codePointAt(0)! >> 7;
      blocks.set(block, (blocks.get(block) ?? 0) + 1);
    }
    return blocks;
  };
  const first = uses(a), second = uses(b);
  const length = (blocks: Map<number, number>) => Math.hypot(...blocks.values());
  const product = [...first].reduce((sum, [block, count]) => sum + count * (second.get(block) ?? 0), 0);
  return product === 0 ? 0 : product / (length(first) * length(second));
}
