import { readSafetensors, writeSafetensors } from "../engine/safetensors.ts";
import { DataError } from "../kernels/errors.ts";
import type { MetricRecord } from "./records.ts";
import { hashText, words } from "./encoders/text_features.ts";

/** Words share this many counters; a corpus of a few ten thousand words loses little by it. */
const counters = 1 << 16;

/**
 * How rare words are among some texts: ln((texts + 1) / (texts with the word + 1)), the inverse document frequency.
 *
 * @see Spärck Jones, "A statistical interpretation of term specificity and its application in retrieval" (1972)
 */
export class WordRarity {
  private constructor(readonly texts: number, readonly counts: Float32Array<ArrayBuffer>) {}

  /** Counts the words of different texts. */
  static fit(texts: Iterable<string>): WordRarity {
    const counts = new Float32Array(counters), all = new Set(texts);
    for (const text of all) for (const word of new Set(words(text))) counts[hashText(word) % counters]! += 1;
    return new WordRarity(all.size, counts);
  }

  /** Mean rarity of words; 0 of none. */
  mean(all: readonly string[]): number {
    let sum = 0;
    for (const word of all) sum += Math.log((this.texts + 1) / (this.counts[hashText(word) % counters]! + 1));
    return sum / Math.max(all.length, 1);
  }

  /** Writes the counts. */
  async write(path: string): Promise<void> {
    const tensor = (data: Float32Array<ArrayBuffer>) => ({ dtype: "F32" as const, shape: [data.length], data });
    await writeSafetensors(
      path,
      new Map([["counts", tensor(this.counts)], ["texts", tensor(Float32Array.of(this.texts))]]),
    );
  }

  /** Reads what `write` wrote. @throws DataError when it is damaged */
  static async read(path: string): Promise<WordRarity> {
    const { tensors } = await readSafetensors(path, "the word counts of a run");
    const counts = tensors.get("counts")?.data, texts = tensors.get("texts")?.data;
    if (!(counts instanceof Float32Array && counts.length === counters && texts instanceof Float32Array)) {
      throw new DataError(`${path}: ${counters} float32 counts and the number of texts are expected.`);
    }
    return new WordRarity(texts[0]!, counts);
  }
}

/** The texts of records that rarity is counted over. */
export function rarityTexts(records: readonly MetricRecord[]): string[] {
  return records.flatMap(({ systemPrompt, userPrompt, response }) => [systemPrompt ?? "", userPrompt, response]);
}
