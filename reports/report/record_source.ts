import { join } from "node:path";
import type { MetricRecord } from "../../data/records.ts";
import { trainFile } from "../../data/sample/write.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import { nameData, standardInput } from "../../data/files/data_paths.ts";
import { pause } from "../../data/files/stream/pause.ts";
import { readRecordPieces } from "../../data/record_blocks.ts";
import { givenRecords } from "../../runs/prepare/given_records.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import type { TrainFiles } from "../../runs/train_request.ts";
import type { RecordSource } from "./reported_run.ts";

/** How far a score may be from that of its record, which has more digits. */
const tolerance = 1e-4;

/**
 * Reads the records of runs from the files that they were trained on, each set of files once.
 *
 * @param onNote told in a sentence why records are left out
 */
export function recordSource(onNote: (sentence: string) => void): RecordSource {
  const read = new Map<string, Promise<readonly MetricRecord[] | null>>();
  const explained = <Found>(reading: Promise<Found>): Promise<Found | null> =>
    reading.catch((error: Error) => {
      onNote(`The report has no texts: ${error.message}`);
      return null;
    });
  const readOnce = async (files: TrainFiles | null, run: string) => {
    const key = JSON.stringify(files), known = read.get(key);
    if (known) return await known;
    const found = isPiped(files)
      ? Promise.resolve(null)
      : explained(givenRecords(files ?? await keptSample(run), () => {}).then(({ records }) => records));
    read.set(key, found);
    return await found;
  };
  return async ({ files }, rows, run) => {
    const records = files?.memory === undefined || isPiped(files)
      ? await readOnce(files, run)
      : await explained(recordsAt(files, rows.map(({ record }) => record)));
    if (records === null) return null;
    const changed = rows.find(({ record, score }) => !isOf(records[record], score));
    if (changed === undefined) return rows.map(({ record }) => records[record]!);
    const name = files === null ? "the sample set" : nameData(files.data);
    onNote(
      `The report has no texts: record ${
        changed.record + 1
      } of ${name} is not the one with score ${changed.score} that ` +
        "the run held out.",
    );
    return null;
  };
}

/** The file of the sample set in a run's folder, which takes less time than to make it again; null where it is gone. */
async function keptSample(run: string): Promise<TrainFiles | null> {
  const data = join(new RunFolder(run).sample, trainFile);
  if (await whatIsAt(data) !== "file") return null;
  return { data, metricNames: null, metricEmbeddings: null, embeddings: null, recover: false };
}

/** True for records that came by standard input, and are gone. */
const isPiped = (files: TrainFiles | null) => files !== null && [files.data].flat().includes(standardInput);

/** The records of some numbers, from 0, at those places; the others are not kept. */
async function recordsAt({ data, reading }: TrainFiles, numbers: readonly number[]): Promise<readonly MetricRecord[]> {
  const wanted = new Set(numbers), records: MetricRecord[] = [];
  let number = 0;
  for await (const piece of readRecordPieces(data, { scores: "optional", reading })) {
    if (piece === pause) continue;
    for (const record of piece.records) {
      if (wanted.has(number)) records[number] = record;
      number++;
    }
  }
  return records;
}

const isOf = (record: MetricRecord | undefined, score: number) =>
  record !== undefined && record.score !== null && Math.abs(record.score - score) <= tolerance * Math.max(1, score);
