import { rmse } from "../../data/evaluation.ts";
import { whatIsAt } from "../../engine/files.ts";
import { UsageError } from "../../kernels/errors.ts";
import { finishScore } from "../finish_score.ts";
import { expectPrecision } from "../precision.ts";
import { RunFolder } from "../run_folder.ts";
import { readFigures, type SetFigure, setFigure, writeFigures } from "../set_figure.ts";
import type { RunOptions } from "../train_run.ts";
import { writeShiftFigures } from "../shift/classes_file.ts";
import type { ShiftFigure } from "../shift/measure_shifts.ts";
import { writeValidation } from "../validation_file.ts";
import {
  combinedSpread,
  type CombineName,
  combineNames,
  crossCombine,
  crossFit,
  fitCombination,
  partsOf,
} from "./combine.ts";
import {
  type EnsembleConfig,
  ensembleConfigOf,
  EnsembleFolder,
  type EnsembleRequest,
  type FittedEnsemble,
  holdsEnsemble,
  memberConfigs,
  mismatchedShareOf,
} from "./config.ts";
import { type HeldOutRows, readHeldOut, rowsToFit } from "./held_out.ts";
import { ensembleShifts } from "./shifts.ts";
import { trainApart, trainInTurn } from "./jobs.ts";
import { describeMember, type Member } from "./members.ts";

/** How an ensemble is watched, stopped, and spread over the machine. */
export interface EnsembleOptions extends RunOptions {
  /** Members that are trained at once, each in a thread of its own; 1 by default. */
  readonly jobs?: number;
}

/** A member of an ensemble and what it came to. */
export interface MemberSummary {
  /** Its recipe, and the settings that were asked for. */
  readonly member: string;
  /** Folder of its run. */
  readonly folder: string;
  /** RMSE on the validation rows. */
  readonly rmse: number;
  /** Its weight in the combination. */
  readonly weight: number;
}

/** What an ensemble came to. */
export interface EnsembleSummary {
  /** Where it is. */
  readonly folder: string;
  /** False when the work was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** How many members are done. */
  readonly done: number;
  /** Empty until all are done. */
  readonly members: readonly MemberSummary[];
  /** RMSE of the combined scores, of each row by a combination that was fitted without it; empty until all are done. */
  readonly figures: readonly SetFigure[];
  /** What each way to combine the members comes to on the same rows; empty until all are done. */
  readonly ways: readonly WayFigure[];
  /** What each way to allow for shift does on them; empty until all are done, and where members do not keep it. */
  readonly shifts: readonly ShiftFigure[];
}

/** RMSE of members that are combined in a way, of each row by a combination that was fitted without it. */
export interface WayFigure {
  /** The way. */
  readonly combine: CombineName;
  /** On the validation rows. */
  readonly validation: number;
  /** On the same rows with a metric that does not fit; null where there are none. */
  readonly mismatched: number | null;
}

/**
 * Trains the members of an ensemble into folders of their own, and fits how they are combined.
 *
 * @throws MetrogradError in one sentence
 */
export async function trainEnsemble(
  { out, ...request }: EnsembleRequest & { readonly out: string },
  options: EnsembleOptions,
): Promise<EnsembleSummary> {
  const config = ensembleConfigOf(request);
  await expectPrecision(...memberConfigs(config).map(({ settings }) => settings));
  if (await whatIsAt(out) !== "nothing") {
    if (!options.force) {
      throw new UsageError(`${out} exists already; name another folder, or add --force to replace it.`);
    }
    if (!await holdsEnsemble(out)) {
      throw new UsageError(`${out} holds something else than an ensemble; it is not replaced.`);
    }
    await Deno.remove(out, { recursive: true });
  }
  return await trainEnsembleConfig(config, out, options);
}

/**
 * Goes on with an ensemble that was stopped, or adds members to one. What is done is not trained again.
 *
 * @param added members that it does not have yet
 * @throws DataError when the folder holds no ensemble
 */
export async function resumeEnsemble(
  path: string,
  options: EnsembleOptions,
  added: readonly Member[] = [],
): Promise<EnsembleSummary> {
  const { config } = await new EnsembleFolder(path).read();
  return await trainEnsembleConfig(withMembers(config, added), path, options);
}

/** The same ensemble with further members. @throws UsageError when it has one of them */
export function withMembers(config: EnsembleConfig, added: readonly Member[]): EnsembleConfig {
  return added.length === 0 ? config : ensembleConfigOf({ ...config, members: [...config.members, ...added] });
}

/** Brings a folder to a config: trains the members that it lacks, and fits how all are combined. */
export async function trainEnsembleConfig(
  config: EnsembleConfig,
  path: string,
  { jobs = 1, ...options }: EnsembleOptions,
): Promise<EnsembleSummary> {
  const folder = new EnsembleFolder(path);
  const configs = memberConfigs(config);
  const all = config.members.map((member, i) => ({
    name: `member ${i + 1} of ${config.members.length}, ${describeMember(member)}`,
    config: configs[i]!,
    folder: new RunFolder(folder.member(config, i)),
  }));
  const left: typeof all = [];
  for (const run of all) if (!await run.folder.isFinished()) left.push(run);
  if (left.length > 0) {
    // Written before anything is trained, so that an ensemble that is killed at any moment can be resumed.
    await folder.write(config, null);
    const done = jobs > 1 ? await trainApart(left, jobs, options) : await trainInTurn(left, options);
    if (done < left.length) {
      return {
        folder: path,
        finished: false,
        done: all.length - left.length + done,
        members: [],
        figures: [],
        ways: [],
        shifts: [],
      };
    }
  }
  const { fitted, ...measured } = await fit(config, folder);
  return {
    folder: path,
    finished: true,
    done: all.length,
    members: config.members.map((member, i) => ({
      member: describeMember(member),
      folder: all[i]!.folder.path,
      rmse: fitted.rmse[i]!,
      weight: fitted.weights[i]!,
    })),
    ...measured,
  };
}

/** Fits how the members, all of them done, are combined, and writes it down with what came of it. */
async function fit(
  config: EnsembleConfig,
  folder: EnsembleFolder,
): Promise<{ readonly fitted: FittedEnsemble } & Pick<EnsembleSummary, "figures" | "ways" | "shifts">> {
  const runs = config.members.map((_, i) => new RunFolder(folder.member(config, i)));
  const heldOut = await readHeldOut(runs);
  const { plain, mismatched } = heldOut;
  const { combine, prediction } = config.settings;
  const rows = rowsToFit(heldOut, mismatchedShareOf(config));
  const combination = fitCombination(rows, combine);
  const { inputs } = await runs[0]!.readConfig();
  const { trainMean } = inputs!;
  const fitted: FittedEnsemble = { ...combination, rmse: heldOut.rmse, trainMean };

  const count = plain.truth.length, parts = partsOf(count);
  const place = new Map(plain.records.map((record, i) => [record, i]));
  // A record is in one part, whatever its metric.
  const part = [...parts, ...mismatched.records.map((record) => parts[place.get(record)!]!)];
  const crossedBy = (name: CombineName) =>
    crossCombine(rows, { ...combine, name }, part).map((score) => finishScore(score, prediction));
  const crossed = crossedBy(combine.name);
  const beside = await readFigures(runs[0]!.figures) ?? [];
  const figure = (set: string, predicted: ArrayLike<number>, truth: readonly number[]): SetFigure => {
    const { ridge = null, ridgeMae = null } = beside.find((own) => own.set === set) ?? {};
    return { ...setFigure(set, predicted, truth, { trainMean, ridge: null }), ridge, ridgeMae };
  };
  const figures = [figure("validation", crossed.subarray(0, count), plain.truth)];
  if (mismatched.truth.length > 0) {
    figures.push(figure("mismatched validation", crossed.subarray(count), mismatched.truth));
  }
  const ways = combineNames.map((name): WayFigure => {
    const scores = crossedBy(name);
    return {
      combine: name,
      validation: rmse(scores.subarray(0, count), plain.truth),
      mismatched: mismatched.truth.length > 0 ? rmse(scores.subarray(count), mismatched.truth) : null,
    };
  });
  const rowsOf = ({ records, truth, scores, spreads }: HeldOutRows, predicted: Float64Array) => {
    const spread = combinedSpread(scores, spreads, combination);
    return records.map((record, i) => ({ record, score: truth[i]!, predicted: predicted[i]!, spread: spread[i]! }));
  };
  const fittedWithout = crossFit(rows, combine, part);
  const combinationOf = (record: number) => fittedWithout.get(parts[place.get(record)!]!)!;
  const shifts = await ensembleShifts(runs, combinationOf, prediction);
  await writeFigures(folder.figures, figures);
  await writeShiftFigures(folder.shift, shifts);
  await writeValidation(folder.mismatched, rowsOf(mismatched, crossed.subarray(count)));
  await writeValidation(folder.validation, rowsOf(plain, crossed.subarray(0, count)));
  // Last of all: the combination says that the ensemble is done.
  await folder.write(config, fitted);
  return { fitted, figures, ways, shifts };
}
