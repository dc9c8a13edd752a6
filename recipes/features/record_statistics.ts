import type { OnDone } from "../../data/observer.ts";
import type { MetricRecord } from "../../data/records.ts";
import { scriptOf, scripts } from "../../data/texts/scripts.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { textStatisticNames, textStatistics } from "../../data/texts/text_statistics.ts";
import { type LexicalModel, lexicalNumbers } from "./lexical.ts";
import type { Embeddings } from "../../data/pairs/feature_tables.ts";

/** Where a record's numbers begin: text statistics, words and spelling of its response, place of its script in `scripts`. */
export const statisticsColumns = {
  measured: 0,
  lexical: textStatisticNames.length,
  script: textStatisticNames.length + lexicalNumbers,
} as const;

/** Dimensions of a record besides its embeddings. */
export const statisticsWidth = statisticsColumns.script + 1;

/** Statistics of records for a recipe that reads none, [records, statisticsWidth] of 0. */
export function noStatistics(records: number): Embeddings {
  return { data: new Float32Array(records * statisticsWidth), dimension: statisticsWidth };
}

/** Records that are measured between two words on how far the work is. */
const recordsAtOnce = 512;

/**
 * What is known of records besides their embeddings, [records, statisticsWidth].
 *
 * @param texts a row a record
 * @param lexical null leaves its part 0
 * @param onDone awaited whenever some records are measured
 */
export async function recordStatistics(
  records: readonly MetricRecord[],
  texts: TextTable,
  lexical: LexicalModel | null,
  onDone?: OnDone,
): Promise<Embeddings> {
  const measured = noStatistics(records.length), width = texts.fields * texts.dimension;
  for (let from = 0; from < records.length; from += recordsAtOnce) {
    await onDone?.(from, records.length);
    const some = records.slice(from, from + recordsAtOnce);
    const rows = { ...texts, data: texts.data.subarray(from * width, (from + some.length) * width) };
    measured.data.set((await measureRecords(some, rows, lexical)).data, from * statisticsWidth);
  }
  return measured;
}

async function measureRecords(
  records: readonly MetricRecord[],
  texts: TextTable,
  lexical: LexicalModel | null,
): Promise<Embeddings> {
  const columns = lexicalNumbers + 1, data = new Float32Array(records.length * columns);
  const responses = await lexical?.responses(records);
  records.forEach(({ response }, row) => {
    if (responses) data.set(responses.subarray(row * lexicalNumbers, (row + 1) * lexicalNumbers), row * columns);
    data[(row + 1) * columns - 1] = scripts.indexOf(scriptOf(response));
  });
  const rarity = lexical && ((text: { readonly words: readonly string[] }) => lexical.rarity(text));
  return textStatistics(records, { texts, rarity, further: { data, columns } });
}
