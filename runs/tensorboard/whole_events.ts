import { readHistory } from "../results/history.ts";
import { RunFolder } from "../run_folder.ts";
import { EventFile } from "./event_file.ts";
import { scalarValues, settingsValue } from "./values.ts";

/** What several runs, whole and done, came to together. */
export interface Whole {
  /** Everything that they were made by, in sections. */
  readonly settings: object;
  /** Folders of its runs. */
  readonly runs: readonly string[];
  /** RMSE of an ensemble, or of all folds, on held-out rows. */
  readonly rmse: number;
  /** The same under metrics that do not fit; null where that is not measured. */
  readonly mismatchedRmse: number | null;
}

/**
 * Writes an ensemble or folds as TensorBoard reads them: a point beside the curves of their runs, at the last epoch of the
 * longest.
 *
 * @throws DataError when the history of a run is damaged
 */
export async function writeWholeEvents(
  folder: string,
  { settings, runs, rmse, mismatchedRmse }: Whole,
): Promise<void> {
  const histories = await Promise.all(runs.map((run) => readHistory(new RunFolder(run).history)));
  // What an earlier version of the same folder came to is left out.
  const file = await EventFile.open(folder, 0), wallTime = Date.now() / 1000;
  await file.addOnce({ step: 0, wallTime }, [settingsValue(settings)]);
  await file.add(
    { step: Math.max(...histories.map(({ length }) => length)), wallTime },
    scalarValues({ "validation/rmse": rmse, "validation/mismatched_rmse": mismatchedRmse }),
  );
}
