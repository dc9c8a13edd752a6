import { GrowingRows } from "../../data/augmentation/growing_rows.ts";
import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { Embeddings } from "../../data/pairs/feature_tables.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { LexicalModel } from "../../recipes/features/lexical.ts";
import { noStatistics, recordStatistics } from "../../recipes/features/record_statistics.ts";

/** The tables that rows look their numbers up in, and how rare words are in the train texts. */
export interface MeasuredTexts {
  /** Texts, metrics and statistics; augmentation adds rows. */
  readonly tables: GrowingTables;
  /** Null where no statistics are wanted. */
  readonly lexical: LexicalModel | null;
}

/**
 * Gathers what rows look up, and measures texts besides their vectors where that is wanted: lengths, scripts, rare words.
 *
 * @param everything all records, in the order of the texts' rows
 * @param train those that words are counted in
 * @param wanted false leaves all statistics 0
 */
export async function measureTexts(
  everything: readonly MetricRecord[],
  train: readonly MetricRecord[],
  texts: TextTable,
  metrics: MetricTable,
  wanted: boolean,
): Promise<MeasuredTexts> {
  const lexical = wanted ? await LexicalModel.fit(train) : null;
  const statistics = wanted ? await recordStatistics(everything, texts, lexical) : noStatistics(everything.length);
  const tables = {
    texts: new GrowingRows(texts.data, texts.fields * texts.dimension),
    fields: texts.fields,
    statistics: growing(statistics),
    metrics: growing({ data: metrics.embeddings, dimension: metrics.dimension }),
  };
  return { tables, lexical };
}

function growing({ data, dimension }: Embeddings): GrowingRows {
  return new GrowingRows(data, dimension);
}
