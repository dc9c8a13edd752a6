import { UsageError } from "../../kernels/errors.ts";
import { readTuned, type Tuned } from "./read_tuned.ts";
import { recordSource } from "./record_source.ts";
import { readReported, type ReportedRun } from "./reported_run.ts";

/** What folders hold that a report can show. */
export interface ReadFolders {
  readonly runs: readonly ReportedRun[];
  readonly tuned: readonly Tuned[];
}

/**
 * Reads runs, ensembles, folds and tuned encoders. What is not finished is left out.
 *
 * @param told.onWarning told of what is left out
 * @throws UsageError when nothing is left, or a folder holds none of them
 */
export async function readFolders(
  paths: readonly string[],
  { onNote, onWarning }: Readonly<Record<"onNote" | "onWarning", (sentence: string) => void>>,
): Promise<ReadFolders> {
  const runs: ReportedRun[] = [], tuned: Tuned[] = [], recordsOf = recordSource(onNote);
  for (const path of paths) {
    const encoder = await readTuned(path);
    if (encoder) {
      tuned.push(encoder);
      continue;
    }
    const run = await readReported(path, recordsOf);
    if (run) runs.push(run);
    else onWarning(`${path} is left out: it is not finished; go on with train --resume ${path}.`);
  }
  if (runs.length + tuned.length > 0) return { runs, tuned };
  throw new UsageError("None of the runs is finished; there is nothing to report.");
}
