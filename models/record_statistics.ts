import type { MetricRecord } from "../data/records.ts";
import type { TextTable } from "../data/text_layout.ts";
import { textStatisticNames, textStatistics } from "../data/text_statistics.ts";
import { type LexicalModel, lexicalNumbers } from "./lexical.ts";
import type { Embeddings } from "./training_data.ts";

/** Numbers of a record besides its embeddings: text statistics, then the lexical ones of its response. */
export const statisticsWidth = textStatisticNames.length + lexicalNumbers;

/** What is known of records besides their embeddings, [records, statisticsWidth]. @param lexical null leaves its part 0 */
export async function recordStatistics(
  records: readonly MetricRecord[],
  texts: TextTable,
  lexical: LexicalModel | null,
): Promise<Embeddings> {
  const further = await lexical?.responses(records) ??
    { data: new Float32Array(records.length * lexicalNumbers), columns: lexicalNumbers };
  return textStatistics(records, { texts, rarity: lexical && ((text) => lexical.rarity(text)), further });
}
