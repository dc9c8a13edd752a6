import { emptyFolder, removePartialFiles, whatIsAt } from "../../engine/files/files.ts";
import { FolderLock } from "../../engine/files/lock.ts";
import { UsageError } from "../../kernels/errors.ts";
import { withHistograms } from "../configure.ts";
import { engineOf } from "../training/train.ts";
import { expectPrecision } from "../training/expect_precision.ts";
import { tellFinished } from "../training/tell_finished.ts";
import { RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import {
  describeEnsemble,
  type EnsembleConfig,
  ensembleConfigOf,
  EnsembleFolder,
  type EnsembleRequest,
  holdsEnsemble,
  memberConfigs,
} from "./config.ts";
import { type EnsembleFigures, fitEnsemble } from "./fit.ts";
import { writeWholeEvents } from "../tensorboard/whole_events.ts";
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
export interface EnsembleSummary extends EnsembleFigures {
  /** Where it is. */
  readonly folder: string;
  /** Its members, settings and data. */
  readonly config: EnsembleConfig;
  /** False when the work was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** How many members are done. */
  readonly done: number;
  /** Empty until all are done. */
  readonly members: readonly MemberSummary[];
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
  const config = withHistograms(ensembleConfigOf(request), options);
  await using engine = engineOf(options);
  await expectPrecision(engine, ...memberConfigs(config).map(({ settings }) => settings));
  const replaces = await whatIsAt(out) !== "nothing";
  if (replaces) {
    if (!options.force) {
      throw new UsageError(`${out} exists already; name another folder, or add --force to replace it.`);
    }
    if (!await holdsEnsemble(out)) {
      throw new UsageError(`${out} holds something else than an ensemble; it is not replaced.`);
    }
  }
  using _lock = await FolderLock.take(out);
  await (replaces ? emptyFolder(out) : removePartialFiles(out));
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
  const config = withHistograms((await new EnsembleFolder(path).read()).config, options);
  using _lock = await FolderLock.take(path);
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
    number: i + 1,
    of: config.members.length,
    config: configs[i]!,
    folder: new RunFolder(folder.member(config, i)),
  }));
  const left: typeof all = [];
  for (const run of all) {
    const { name, number, of, folder, config } = run;
    if (!await folder.isFinished()) left.push(run);
    else await tellFinished(folder, config, options.reporter.run?.({ name, number, of, beside: false }) ?? {});
  }
  if (left.length > 0) {
    // Written before anything is trained, so that an ensemble that is killed at any moment can be resumed.
    await folder.write(config, null);
    const done = jobs > 1 ? await trainApart(left, jobs, options) : await trainInTurn(left, options);
    if (done < left.length) {
      return {
        folder: path,
        config,
        finished: false,
        done: all.length - left.length + done,
        members: [],
        figures: [],
        ways: [],
        shifts: [],
      };
    }
  }
  const { fitted, ...measured } = await fitEnsemble(config, folder);
  const rmseOf = (set: string) => measured.figures.find((figure) => figure.set === set)?.rmse;
  await writeWholeEvents(path, {
    settings: describeEnsemble(config),
    runs: all.map(({ folder }) => folder.path),
    rmse: rmseOf("validation")!,
    mismatchedRmse: rmseOf("mismatched validation") ?? null,
  });
  return {
    folder: path,
    config,
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
