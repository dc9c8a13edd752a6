import type { MetricRecord } from "../../data/records.ts";
import { textKey } from "../../data/split.ts";
import { readReplies } from "../../data/synthetic/replies.ts";
import { MetrogradError } from "../../kernels/errors.ts";

/** How records that a language model wrote are read. */
export interface WrittenOptions {
  /** File of replies; null for none. */
  readonly replies: string | null;
  /** Folder of embeddings that stand for the texts of the other records; null where an encoder reads texts. */
  readonly embeddings: string | null;
  /** Names of the metrics. */
  readonly metrics: readonly string[];
  /** What becomes of records before they are used. */
  readonly clean: (records: readonly MetricRecord[]) => readonly MetricRecord[];
  /** Records that are held out: none with their texts may be learnt from. */
  readonly heldOut: readonly MetricRecord[];
  readonly onNote: (sentence: string) => void;
}

/** Reasons that are told one by one. */
const mostReasons = 3;

/**
 * Records to learn from that a language model wrote. A note says how many there are, and why others were dropped.
 *
 * @throws DataError when the file is damaged, MetrogradError when there is no encoder for their texts
 */
export async function readWrittenRecords(
  { replies, embeddings, metrics, clean, heldOut, onNote }: WrittenOptions,
): Promise<readonly MetricRecord[]> {
  if (replies === null) return [];
  if (embeddings !== null) {
    throw new MetrogradError(
      `The records in ${replies} have no embeddings in ${embeddings}; an encoder is expected for them.`,
    );
  }
  const { records: given, dropped } = await readReplies(replies, metrics);
  const records = clean(given);
  const held = new Set(heldOut.map(textKey));
  const kept = records.filter((record) => !held.has(textKey(record)));
  const copied = records.length - kept.length;
  const reasons = copied > 0 ? [...dropped, `${copied} with the texts of a validation record.`] : dropped;
  onNote(`${replies}: ${kept.length} records are used, ${dropped.length + copied} were dropped.`);
  for (const reason of reasons.slice(0, mostReasons)) onNote(`  ${reason}`);
  if (reasons.length > mostReasons) onNote(`  ... and ${reasons.length - mostReasons} more.`);
  return kept;
}
