import { readJsonValue } from "../../data/files/json_value.ts";
import { readNpyMatrix, writeNpy } from "../../data/files/npy.ts";
import { whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import type { RunFolder } from "../run_folder.ts";
import { readValidation } from "./validation_file.ts";
import { classCount } from "../../scoring/shift/classes.ts";
import { type ClassKnowledge, heldOutClasses } from "../../scoring/shift/held_out.ts";
import type { ShiftFigure } from "../../scoring/shift/measure_shifts.ts";

const format = "metrograd shift 1";

/** What `shift.json` holds; that of an ensemble has figures alone. */
type ShiftFile = Partial<Pick<ClassKnowledge, "calibration" | "trained">> & {
  readonly figures: readonly ShiftFigure[];
};

/** Writes what a run knows of its held-out rows' classes; their true scores are those of the validation files. */
export async function writeClasses(
  folder: RunFolder,
  { calibration, trained, heldOut: { probabilities } }: ClassKnowledge,
  plainRows: number,
  figures: readonly ShiftFigure[],
): Promise<void> {
  const all = Float32Array.from(probabilities), from = plainRows * classCount;
  const rows = all.length / classCount;
  await writeNpy(folder.validationClasses, all.slice(0, from), [plainRows, classCount]);
  await writeNpy(folder.mismatchedClasses, all.slice(from), [rows - plainRows, classCount]);
  await writeShiftFile(folder.shift, { calibration, trained, figures });
}

/** Writes what each way to allow for shift does on the held-out rows of an ensemble. */
export async function writeShiftFigures(path: string, figures: readonly ShiftFigure[]): Promise<void> {
  await writeShiftFile(path, { figures });
}

async function writeShiftFile(path: string, file: ShiftFile): Promise<void> {
  await writeAtomically(path, JSON.stringify({ format, ...file }, null, 2) + "\n");
}

/** What a run knows of its held-out rows' classes; null for runs that are not finished, or older than this file. */
export async function readClasses(folder: RunFolder): Promise<ClassKnowledge | null> {
  const file = await readShiftFile(folder);
  if (!file || !await folder.isFinished()) return null;
  const sets = await Promise.all([folder.validation, folder.mismatched].map((path) => readValidation(path)));
  const scores = sets.map((rows) => rows.map(({ score }) => score));
  const classes = await Promise.all([folder.validationClasses, folder.mismatchedClasses].map(async (path, set) => {
    const rows = scores[set]!.length;
    const rowsOf = `${[folder.validation, folder.mismatched][set]} has ${rows} rows`;
    return (await readNpyMatrix(path, { rows, columns: classCount, rowsOf })).data;
  }));
  const { calibration, trained } = file;
  const isWhole = calibration?.biases?.length === classCount && trained?.train?.length === classCount &&
    Number.isFinite(calibration.temperature) && Number.isFinite(trained.mismatched);
  if (!isWhole) throw damaged(folder.shift);
  const probabilities = Float32Array.from(classes.flatMap((data) => [...data]));
  return {
    calibration,
    trained,
    heldOut: heldOutClasses(probabilities, scores[0]!, scores[1]!, trained),
  };
}

/** What each way to allow for shift does on the held-out rows of a run or an ensemble; empty where that is not kept. */
export async function readShiftFigures(folder: RunFolder): Promise<readonly ShiftFigure[]> {
  return (await readShiftFile(folder))?.figures ?? [];
}

/** @throws DataError when the file is damaged */
async function readShiftFile({ shift }: RunFolder): Promise<ShiftFile | null> {
  if (await whatIsAt(shift) === "nothing") return null;
  const { value } = await readJsonValue(shift, "what a run knows of shift");
  const content = value as Partial<ShiftFile> & { readonly format?: unknown } | null;
  if (content?.format !== format || !Array.isArray(content.figures)) throw damaged(shift);
  return content as ShiftFile;
}

const damaged = (path: string) =>
  new DataError(`${path} is damaged: it is not as it was written; train the run again.`);
