import type { StreamedTensor } from "../../engine/files/write_safetensors.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { predictedSvg } from "../pages/predicted_svg.ts";
import { writeEvidence } from "../calibration_rows.ts";
import { writeChoice } from "../../recipes/choice.ts";
import { writeDirectionWeights } from "../../recipes/direction_weights.ts";
import type { EpochFigures } from "../../data/observer.ts";
import type { HeldOutMeasures } from "./measure_run.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import type { RunFolder } from "../run_folder.ts";
import { writePages } from "../pages/run_pages.ts";
import { writeFigures } from "../../scoring/set_figure.ts";
import { writeClasses } from "./classes_file.ts";
import { writeShiftedRows } from "../../scoring/shift/shifted_rows.ts";
import type { TrainSummary } from "../train_summary.ts";
import { writeValidation } from "./validation_file.ts";

/** What a finished run came to, with all that is written down of it. */
export interface RunResults extends TrainSummary {
  /** Held-out rows and what was fitted to them. */
  readonly heldOut: HeldOutMeasures;
  /** The network's tensors. */
  readonly state: ReadonlyMap<string, StreamedTensor>;
}

/** Writes the figures, the held-out rows and the pages of a finished run into its folder. */
export async function writeResults(
  folder: RunFolder,
  prepared: PreparedRun,
  history: readonly EpochFigures[],
  { heldOut: { predicted, evidence, ridge, classes, shifted }, state, ...summary }: RunResults,
): Promise<void> {
  await ridge.write(folder.ridge);
  if (summary.choice) await writeChoice(folder.choice, summary.choice);
  if (summary.directions) await writeDirectionWeights(folder.directions, summary.directions);
  const sets = [{ name: "validation", rows: predicted.validation }, {
    name: "mismatched validation",
    rows: predicted.mismatched,
  }].filter(({ rows }) => rows.length > 0);
  await writeAtomically(folder.predicted, predictedSvg(sets, `Scores of held-out records by ${summary.config.recipe}`));
  await writeFigures(folder.figures, summary.figures);
  await writePages(folder, prepared, history, summary, state);
  if (evidence.length > 0) await writeEvidence(folder.evidence, evidence);
  await writeValidation(folder.mismatched, predicted.mismatched);
  await writeClasses(folder, classes, predicted.validation.length, summary.shifts);
  await writeShiftedRows(folder.shifted, shifted);
  // Last of all: this file says that the run is done.
  await writeValidation(folder.validation, predicted.validation);
}
