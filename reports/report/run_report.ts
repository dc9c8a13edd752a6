import { shellWord } from "../../data/files/shell_word.ts";
import { writeReport } from "../write_report.ts";
import { recordSource } from "./record_source.ts";
import { readReported } from "./reported_run.ts";
import { report } from "./report.ts";

/** What runs are measured on where no other records are given. */
export const heldOutSource = "records that were held out of training";

/**
 * Writes the report of a finished run, ensemble or folds.
 *
 * @returns the path of its page
 * @throws DataError when what is in the folder is damaged
 */
export async function writeRunReport(
  run: string,
  folder: string,
  onNote: (sentence: string) => void,
): Promise<string | null> {
  const reported = await readReported(run, recordSource(onNote));
  if (reported === null) return null;
  const command = `deno task report ${shellWord(run)}`;
  return await writeReport(folder, await report({ runs: [reported], tuned: [], source: heldOutSource, command }));
}
