import { callOf } from "../../data/files/called_as.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { writeReport } from "../write_report.ts";
import { recordSource } from "./record_source.ts";
import { readTuned } from "./read_tuned.ts";
import { readReported } from "./reported_run.ts";
import { report } from "./report.ts";

/** What runs are measured on where no other records are given. */
export const heldOutSource = "records that were held out of training";

/**
 * Writes the report of a finished run, ensemble or folds, or of a tuned encoder.
 *
 * @returns the path of its page
 * @throws DataError when what is in the folder is damaged
 */
export async function writeRunReport(
  run: string,
  folder: string,
  onNote: (sentence: string) => void,
): Promise<string | null> {
  const tuned = await readTuned(run), reported = tuned ? null : await readReported(run, recordSource(onNote));
  if (!tuned && !reported) return null;
  const command = callOf(`report ${shellWord(run)}`);
  return await writeReport(
    folder,
    await report({
      runs: reported ? [reported] : [],
      tuned: tuned ? [tuned] : [],
      source: heldOutSource,
      command,
    }),
  );
}
