import { rmse } from "../../data/evaluation.ts";
import { finishScore } from "../../scoring/finish_score.ts";
import { RunFolder } from "../run_folder.ts";
import { readFigures, type SetFigure, setFigure, writeFigures } from "../../scoring/set_figure.ts";
import { writeShiftFigures } from "../results/classes_file.ts";
import type { ShiftFigure } from "../../scoring/shift/measure_shifts.ts";
import { groupsOf, writeValidation } from "../results/validation_file.ts";
import {
  combinedStandardDeviation,
  type CombineName,
  combineNames,
  crossCombine,
  crossFit,
  fitCombination,
  partsOf,
} from "./combine.ts";
import { type EnsembleConfig, type EnsembleFolder, type FittedEnsemble, mismatchedShareOf } from "./config.ts";
import { readHeldOut, rowsToFit, type ScoredByMembers } from "./held_out.ts";
import { ensembleShifts } from "./shifts.ts";

/** RMSE of members that are combined in a way, of each row by a combination that was fitted without it. */
export interface WayFigure {
  /** The way. */
  readonly combine: CombineName;
  /** On the validation rows. */
  readonly validation: number;
  /** On the same rows with a metric that does not fit; null where there are none. */
  readonly mismatched: number | null;
}

/** How an ensemble scores its held-out rows, each by a combination that was fitted without it. */
export interface EnsembleFigures {
  /** RMSE of the combined scores; empty until all members are done. */
  readonly figures: readonly SetFigure[];
  /** What each way to combine the members comes to; empty until all are done. */
  readonly ways: readonly WayFigure[];
  /** What each way to allow for shift does; empty until all are done, and where members do not keep it. */
  readonly shifts: readonly ShiftFigure[];
}

/** Fits how the members, all of them done, are combined, and writes it down with what came of it. */
export async function fitEnsemble(
  config: EnsembleConfig,
  folder: EnsembleFolder,
): Promise<EnsembleFigures & { readonly fitted: FittedEnsemble }> {
  const runs = config.members.map((_, i) => new RunFolder(folder.member(config, i)));
  const heldOut = await readHeldOut(runs), { plain, mismatched } = heldOut;
  const { combine, prediction } = config.settings;
  const rows = rowsToFit(heldOut, mismatchedShareOf(config));
  const combination = fitCombination(rows, combine);
  const { trainMean } = (await runs[0]!.readConfig()).inputs!;
  const fitted: FittedEnsemble = { ...combination, rmse: heldOut.rmse, trainMean };

  // A record is in one part, whatever its metric.
  const parts = partsOf(plain.truth.length);
  const partOf = new Map(plain.records.map((record, i) => [record, parts[i]!]));
  const part = [...plain.records, ...mismatched.records].map((record) => partOf.get(record)!);
  const crossed = (name: CombineName) => {
    const scores = crossCombine(rows, { ...combine, name }, part).map((score) => finishScore(score, prediction));
    return { plain: scores.subarray(0, plain.truth.length), mismatched: scores.subarray(plain.truth.length) };
  };
  const scoresBy = new Map(combineNames.map((name) => [name, crossed(name)]));
  const scores = scoresBy.get(combine.name)!;
  const ways = [...scoresBy].map(([name, own]): WayFigure => ({
    combine: name,
    validation: rmse(own.plain, plain.truth),
    mismatched: mismatched.truth.length > 0 ? rmse(own.mismatched, mismatched.truth) : null,
  }));
  const fittedWithout = crossFit(rows, combine, part);
  const shifts = await ensembleShifts(runs, (record) => fittedWithout.get(partOf.get(record)!)!, prediction);

  const beside = await readFigures(runs[0]!.figures) ?? [];
  const figure = (set: string, predicted: ArrayLike<number>, { truth, groups }: ScoredByMembers): SetFigure => {
    const { ridge = null, ridgeMae = null } = beside.find((own) => own.set === set) ?? {};
    return {
      ...setFigure(set, predicted, truth, { trainMean, ridge: null }, groupsOf(groups.map((group) => ({ group })))),
      ridge,
      ridgeMae,
    };
  };
  const figures = [figure("validation", scores.plain, plain)];
  if (mismatched.truth.length > 0) figures.push(figure("mismatched validation", scores.mismatched, mismatched));
  const rowsOf = ({ records, groups, truth, scores, standardDeviations }: ScoredByMembers, predicted: Float64Array) => {
    const standardDeviation = combinedStandardDeviation(scores, standardDeviations, combination);
    return records.map((record, i) => ({
      record,
      score: truth[i]!,
      predicted: predicted[i]!,
      standardDeviation: standardDeviation[i]!,
      group: groups[i]!,
    }));
  };
  await writeFigures(folder.figures, figures);
  await writeShiftFigures(folder.shift, shifts);
  await writeValidation(folder.mismatched, rowsOf(mismatched, scores.mismatched));
  await writeValidation(folder.validation, rowsOf(plain, scores.plain));
  // Last of all: the combination says that the ensemble is done.
  await folder.write(config, fitted);
  return { fitted, figures, ways, shifts };
}
