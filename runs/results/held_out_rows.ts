import { RunFolder } from "../run_folder.ts";
import { readValidation, type ValidationRow } from "./validation_file.ts";

/** Where the predictions of held-out rows are. */
interface HeldOutPlace {
  /** File of all of them. */
  readonly heldOut: string;
  /** Folders of the runs or ensembles that made them. */
  readonly scorers: readonly string[];
}

/**
 * Reads what a run, an ensemble or folds predicted of the rows that they held out. The file of all folds has no groups, so
 * those are read from the files of the folds; no group is in two of them.
 *
 * @throws DataError when a file is missing or damaged
 */
export async function readHeldOutRows({ heldOut, scorers }: HeldOutPlace): Promise<ValidationRow[]> {
  const rows = await readValidation(heldOut);
  if (scorers.length === 1) return rows;
  const groups = new Map<number, string>(), numbers = new Map<string, number>();
  for (const [fold, path] of scorers.entries()) {
    for (const { record, group } of await readValidation(new RunFolder(path).validation)) {
      if (group === null || group === undefined) return rows;
      groups.set(record, `${fold} ${group}`);
    }
  }
  return rows.map((row) => {
    const group = groups.get(row.record) ?? `row ${row.record}`;
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return { ...row, group: numbers.get(group)! };
  });
}
