import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { MetricRecord } from "../../data/records.ts";
import { type Split, textKey } from "../../data/split.ts";
import { paraphrasedRecords } from "../../data/synthetic/paraphrases.ts";
import { readReplies } from "../../data/synthetic/replies.ts";
import { counted } from "../../data/texts/counted.ts";
import { MetrogradError } from "../../kernels/errors.ts";

/** How records that a language model wrote are read. */
export interface WrittenOptions {
  /** Folder of embeddings that stand for the texts of the other records; null where an encoder reads texts. */
  readonly embeddings: string | null;
  readonly metrics: MetricTable;
  /** What becomes of records before they are used. */
  readonly clean: (records: readonly MetricRecord[]) => readonly MetricRecord[];
  /** The records of the run. */
  readonly records: readonly MetricRecord[];
  /** Their numbers, counted from 0 in their file. */
  readonly recordNumbers: Uint32Array;
  /** Which of them are learnt from and which are held out: none with the texts of one that is held out may be learnt from. */
  readonly split: Split;
  readonly onNote: (sentence: string) => void;
}

/** Records to learn from that a language model had a part in. */
export interface LanguageModelRecords {
  /** Copies of train records with their user prompt in other words. */
  readonly paraphrases: readonly MetricRecord[];
  /** Number of the record that each of those is a copy of. */
  readonly paraphraseOf: readonly number[];
  /** Records that it wrote. */
  readonly samples: readonly MetricRecord[];
}

/** Reasons that are told one by one. */
const mostReasons = 3;

/**
 * Records to learn from that a language model wrote or paraphrased. A note says how many there are, and why others were
 * dropped.
 *
 * @param replies file of replies; null for none
 * @throws DataError when the file is damaged, MetrogradError when there is no encoder for their texts
 */
export async function readWrittenRecords(
  replies: string | null,
  { embeddings, metrics, clean, records, split, onNote }: WrittenOptions,
): Promise<LanguageModelRecords> {
  if (replies === null) return { paraphrases: [], paraphraseOf: [], samples: [] };
  if (embeddings !== null) {
    throw new MetrogradError(
      `The records in ${replies} have no embeddings in ${embeddings}; an encoder is expected for them.`,
    );
  }
  const written = await readReplies(replies, metrics.names);
  const given = clean(written.records);
  const samples = withoutHeldOut(given, records, split);
  const paraphrased = paraphrasedRecords(records, split.train, written.paraphrases);
  const copied = given.length - samples.length;
  const reasons = [
    ...written.dropped,
    ...copied > 0 ? [`${copied} with the texts of a validation record.`] : [],
    ...paraphrased.dropped,
  ];
  const dropped = written.dropped.length + copied;
  const counts = [
    ...samples.length > 0 || written.paraphrases.length === 0 ? [`${samples.length} records are used`] : [],
    ...written.paraphrases.length > 0
      ? [`${written.paraphrases.length} paraphrases make ${counted(paraphrased.records.length, "row")}`]
      : [],
  ];
  onNote(`${replies}: ${counts.join(", ")}, ${dropped} were dropped.`);
  for (const reason of reasons.slice(0, mostReasons)) onNote(`  ${reason}`);
  if (reasons.length > mostReasons) onNote(`  ... and ${reasons.length - mostReasons} more.`);
  return { paraphrases: paraphrased.records, paraphraseOf: paraphrased.of, samples };
}

/** Those of some records that have not the texts of one that is held out. */
export function withoutHeldOut(
  given: readonly MetricRecord[],
  records: readonly MetricRecord[],
  { validation }: Split,
): MetricRecord[] {
  const held = new Set(Array.from(validation, (row) => textKey(records[row]!)));
  return given.filter((record) => !held.has(textKey(record)));
}
