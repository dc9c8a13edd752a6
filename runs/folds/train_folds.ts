import { emptyFolder, removePartialFiles, whatIsAt } from "../../engine/files/files.ts";
import { FolderLock } from "../../engine/files/lock.ts";
import { UsageError } from "../../kernels/errors.ts";
import { pooledRmse, readFigures } from "../../scoring/set_figure.ts";
import { configOf, describeConfig, withHistograms } from "../configure.ts";
import {
  describeEnsemble,
  type EnsembleConfig,
  ensembleConfigOf,
  type EnsembleRequest,
  memberConfigs,
  runsOf,
} from "../ensemble/config.ts";
import type { Member } from "../ensemble/members.ts";
import { type EnsembleOptions, withMembers } from "../ensemble/train.ts";
import { writeValidation } from "../results/validation_file.ts";
import { type RunConfig, RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import type { TrainRequest } from "../train_request.ts";
import { writeWholeEvents } from "../tensorboard/whole_events.ts";
import { expectPrecision } from "../training/expect_precision.ts";
import { engineOf } from "../training/train.ts";
import { ensembleFolds } from "./ensemble_folds.ts";
import { foldPaths, type FoldsConfig, holdsFolds, outOfFold, readFolds, writeFolds } from "./folds_folder.ts";
import {
  figuresOf,
  type FoldFigures,
  groupsAcross,
  pool,
  poolBeside,
  type PooledBeside,
  type PooledFigures,
} from "./pooled.ts";
import { runFolds } from "./run_folds.ts";

/** What the runs of all folds came to. */
export interface FoldsSummary {
  /** Where they are. */
  readonly folder: string;
  /** Settings of all folds. */
  readonly config: RunConfig | EnsembleConfig;
  /** False when the work was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** How many folds are done. */
  readonly done: number;
  /** Empty until all folds are done. */
  readonly folds: readonly FoldFigures[];
  /** Over the out-of-fold predictions of all records; null until all folds are done. */
  readonly pooled: PooledFigures | null;
  /** The same of each member of an ensemble alone, and of each way to combine them; empty for a single run. */
  readonly beside: readonly PooledBeside[];
}

/**
 * Trains a run for each fold into a folder of its own, and pools the predictions of what each had not seen.
 *
 * @param request.folds how many parts take turns as validation rows
 * @throws MetrogradError in one sentence
 */
export async function trainFolds(
  { folds, out, ...request }: TrainRequest & { readonly folds: number },
  options: RunOptions,
): Promise<FoldsSummary> {
  // Checked before anything is written.
  const config = configOf({ ...request, settings: withFolds(request.settings, folds) });
  await using engine = engineOf(options);
  await expectPrecision(engine, config.settings);
  return await beginFolds(out, { folds, config }, options);
}

/** The same for an ensemble: an ensemble for each fold. */
export async function trainEnsembleFolds(
  { folds, out, ...request }: EnsembleRequest & { readonly folds: number; readonly out: string },
  options: EnsembleOptions,
): Promise<FoldsSummary> {
  const config = ensembleConfigOf({ ...request, settings: withFolds(request.settings, folds) });
  await using engine = engineOf(options);
  await expectPrecision(engine, ...memberConfigs(config).map(({ settings }) => settings));
  return await beginFolds(out, { folds, config }, options);
}

const withFolds = <S extends { readonly data?: object }>(settings: S, folds: number): S => ({
  ...settings,
  data: { ...settings.data, folds, fold: 0 },
});

async function beginFolds(
  out: string,
  { folds, config }: FoldsConfig,
  options: EnsembleOptions,
): Promise<FoldsSummary> {
  const replaces = await whatIsAt(out) !== "nothing";
  if (replaces) {
    if (!options.force) {
      throw new UsageError(`${out} exists already; name another folder, or add --force to replace it.`);
    }
    if (!await holdsFolds(out)) throw new UsageError(`${out} holds something else than folds; it is not replaced.`);
  }
  using _lock = await FolderLock.take(out);
  await (replaces ? emptyFolder(out) : removePartialFiles(out));
  return await trainEach(out, { folds, config: withHistograms(config, options) }, options);
}

/**
 * Goes on with folds that were stopped: what is done is not trained again.
 *
 * @param added members that the folds of an ensemble get
 * @throws DataError when there are none, UsageError when members are for folds of a single run
 */
export async function resumeFolds(
  path: string,
  options: EnsembleOptions,
  added: readonly Member[] = [],
): Promise<FoldsSummary> {
  const { folds, config: known } = await readFolds(path), config = withHistograms(known, options);
  using _lock = await FolderLock.take(path);
  if ("members" in config) {
    return await trainEach(path, { folds, config: withMembers(config, added) }, options);
  }
  if (added.length > 0) throw new UsageError(`${path} holds folds of a single run, which has no members.`);
  return await trainEach(path, { folds, config }, options);
}

async function trainEach(path: string, content: FoldsConfig, options: EnsembleOptions): Promise<FoldsSummary> {
  const { folds, config } = content;
  const work = "members" in config ? ensembleFolds(config) : runFolds(config);
  await writeFolds(path, content);
  const paths = foldPaths(path, folds);
  for (const [fold, own] of paths.entries()) {
    options.reporter.note?.(`Fold ${fold} (${fold + 1} of ${folds}):`);
    const place = { name: `fold ${fold}`, number: fold + 1, of: folds, beside: false };
    const reporter = options.reporter.run?.(place) ?? options.reporter;
    if (await work.train(own, fold, { ...options, reporter })) continue;
    return { folder: path, config, finished: false, done: fold, folds: [], pooled: null, beside: [] };
  }
  const figures = await Promise.all(paths.map((path) => readFigures(new RunFolder(path).figures)));
  const scored = await work.rows(paths);
  const done = scored.map(({ rows, trainMean }, fold) => {
    const ridge = figures[fold]?.find(({ set }) => set === "validation")?.ridge ?? null;
    return { figures: { fold, ...figuresOf(rows, trainMean), ridge }, rows };
  });
  const rows = done.flatMap(({ rows }) => rows).sort((a, b) => a.record - b.record);
  const groups = groupsAcross(scored);
  // The file has no groups, which are numbered fold by fold.
  await writeValidation(outOfFold(path), rows.map((row) => ({ ...row, group: null })));
  const pooled = pool(rows, done, groups);
  const mismatched = figures.map((sets) => sets?.find(({ set }) => set === "mismatched validation"));
  await writeWholeEvents(path, {
    settings: { folds, ...("members" in config ? describeEnsemble(config) : describeConfig(config)) },
    runs: paths.flatMap((fold) => runsOf(fold, config)),
    rmse: pooled.rmse,
    mismatchedRmse: pooledRmse(mismatched.map((figure) => figure ?? { rows: 0, rmse: null })),
  });
  return {
    folder: path,
    config,
    finished: true,
    done: folds,
    folds: done.map(({ figures }) => figures),
    pooled,
    beside: poolBeside(scored, groups),
  };
}
