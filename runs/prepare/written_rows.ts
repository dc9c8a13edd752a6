import { type MetricRecord, parseRecord } from "../../data/records.ts";
import { type AugmentedFolder, hasTextsOfItsOwn, rowsByRecord } from "./augmented_rows.ts";
import { type LanguageModelRecords, withoutHeldOut, type WrittenOptions } from "./written_records.ts";

/**
 * The rows of a folder that a language model had a part in: paraphrases of train records, and records that it wrote. Left
 * out are paraphrases of records that are not learnt from, and records with the texts of one that is held out; where
 * embeddings stand for the texts, all of them, since there are none for theirs.
 *
 * @throws DataError naming the file and the row that is no record, or whose metric is not known
 */
export function readWrittenRows(
  { path, rows }: AugmentedFolder,
  { embeddings, metrics, clean, records, recordNumbers, split, onNote }: WrittenOptions,
): LanguageModelRecords {
  const trainRow = rowsByRecord(recordNumbers, split.train);
  const paraphrases: MetricRecord[] = [], paraphraseOf: number[] = [], written: MetricRecord[] = [];
  let left = 0;
  for (const [i, row] of (rows ?? []).entries()) {
    if (!hasTextsOfItsOwn(row)) continue;
    const { stage: _stage, record: _record, paraphrase_of: of, ...fields } = row;
    const place = `${path}, row ${i + 1}`, record = parseRecord(fields, place, "required");
    metrics.indexOf(record.metric, place);
    if (embeddings !== null) left++;
    else if (of === undefined) written.push(record);
    else if (!trainRow.has(of as number)) left++;
    else {
      paraphrases.push(record);
      paraphraseOf.push(trainRow.get(of as number)!);
    }
  }
  const samples = withoutHeldOut(clean(written), records, split);
  left += written.length - samples.length;
  const why = embeddings === null
    ? "whose record is not learnt from in this run or whose texts are those of a validation record"
    : `whose texts have no embeddings in ${embeddings}`;
  if (left > 0) onNote(`${path}: ${left} rows with texts of their own are left out, ${why}.`);
  return { paraphrases, paraphraseOf, samples };
}
