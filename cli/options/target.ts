import { type MetricRecord, readRecords } from "../../data/records.ts";
import type { TrainFiles } from "../../runs/train_request.ts";
import { readTrainedMetrics } from "../../runs/read_metrics.ts";
import type { Terminal } from "../output/terminal.ts";

/** Records that are to be scored once a run is done. */
export interface Target {
  /** Their file. */
  readonly path: string;
  readonly records: readonly MetricRecord[];
}

/** Reads target records as the others are read; scores in them are not looked at. @throws DataError */
export async function readTarget(path: string, files: TrainFiles | null, terminal: Terminal): Promise<Target> {
  const reading = { ...files?.reading, recover: files?.recover ?? false };
  const onNote = (note: string) => terminal.note(note);
  return { path, records: await readRecords(path, { scores: "ignored", reading, onNote }) };
}

/** Part of the target records whose metric a run has not learnt from. */
export async function unseenShare({ records }: Target, run: string): Promise<number> {
  const known = await readTrainedMetrics(run);
  return records.filter(({ metric }) => !known.has(metric)).length / records.length;
}
