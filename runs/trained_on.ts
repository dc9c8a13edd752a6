import { listDataFiles, standardInput } from "../data/files/data_paths.ts";
import type { MetricRecord } from "../data/records.ts";
import { textKey } from "../data/split.ts";
import { counted } from "../data/texts/counted.ts";
import { givenRecords } from "./prepare/given_records.ts";
import type { TrainFiles } from "./train_request.ts";
import { openTrained } from "./trained_folder.ts";

/** Files of more bytes are not read again, which would take as long as scoring does. */
const mostBytes = 1 << 25;

/**
 * Says how many records have the metric and the texts of one that a run was given to train on, since figures of such
 * records tell nothing of new ones.
 *
 * @param source what the sentence calls the records
 * @returns null where there are none, or where the files of the run are large, gone, or came by standard input
 */
export async function describeTrainedOn(
  run: string,
  records: readonly MetricRecord[],
  source: string,
): Promise<string | null> {
  const { config: { files, maxRows } } = await openTrained(run);
  if (files === null || !await areSmall(files)) return null;
  const given = await givenRecords(files, () => {}, { fixTexts: true }).then((set) => set.records, () => []);
  const known = new Set(given.slice(0, maxRows ?? given.length).map(keyOf));
  const count = records.filter((record) => known.has(keyOf(record))).length;
  if (count === 0) return null;
  return `${source}: ${count} of ${counted(records.length, "record")} ${
    count === 1 ? "is" : "are"
  } among those that ${run} was given to train on, so that its figures here are better than on new records.`;
}

const keyOf = (record: MetricRecord) => `${JSON.stringify(record.metric)} ${textKey(record)}`;

async function areSmall({ data }: TrainFiles): Promise<boolean> {
  const paths = await listDataFiles(data).catch(() => [standardInput]);
  if (paths.includes(standardInput)) return false;
  const sizes = await Promise.all(paths.map((path) => Deno.stat(path).then(({ size }) => size, () => Infinity)));
  return sizes.reduce((sum, size) => sum + size, 0) <= mostBytes;
}
