import { parseNumbers } from "../../data/files/csv.ts";
import { shortest } from "../../data/submission.ts";
import { readFileOrExplain, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { type ShiftName, shiftNames } from "./names.ts";

/** Held-out rows that are scored together: the plain ones, those with a metric that does not fit, and three to two of both. */
export const shiftedSets = ["validation", "mismatched", "mixed"] as const;
/** Name of such rows. */
export type ShiftedSet = (typeof shiftedSets)[number];

/** A held-out row under each way to allow for shift, scored by what the other half of the held-out rows tells. */
export interface ShiftedRow {
  readonly set: ShiftedSet;
  /** Number of its record, from 0. */
  readonly record: number;
  /** The half that it is in, 0 or 1: all rows of a set and a half are target rows at once. */
  readonly half: number;
  /** Its true score. */
  readonly score: number;
  /** Its scores. */
  readonly predicted: Readonly<Record<ShiftName, number>>;
}

const head = ["set", "ID", "half", "score", ...shiftNames].join(",");

/** Writes rows as CSV; records are counted from 1 there. */
export async function writeShiftedRows(path: string, rows: readonly ShiftedRow[]): Promise<void> {
  const lines = rows.map(({ set, record, half, score, predicted }) =>
    [set, record + 1, half, shortest(score), ...shiftNames.map((name) => shortest(predicted[name]))].join(",")
  );
  await writeAtomically(path, [head, ...lines].map((line) => `${line}\n`).join(""));
}

/** Reads what `writeShiftedRows` wrote. @returns null where there is none, as in a run of an earlier version @throws DataError when it is damaged */
export async function readShiftedRows(path: string): Promise<ShiftedRow[] | null> {
  if (await whatIsAt(path) === "nothing") return null;
  const text = new TextDecoder().decode(await readFileOrExplain(path, "held-out rows under each shift"));
  return parseNumbers(text, path, head, 1).map(([[set], [id, half, score, ...scores]], i) => {
    if (!shiftedSets.some((one) => one === set)) {
      throw new DataError(`${path}, row ${i + 1} is of the set "${set}"; ${shiftedSets.join(", ")} are expected.`);
    }
    const predicted = Object.fromEntries(shiftNames.map((name, i) => [name, scores[i]!])) as Record<ShiftName, number>;
    return { set: set as ShiftedSet, record: id! - 1, half: half!, score: score!, predicted };
  });
}
