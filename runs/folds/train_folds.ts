import { join } from "node:path";
import { readJsonValue } from "../../data/files/json_value.ts";
import { bias, bootstrapInterval, mae, pearson, rmse, spearman } from "../../data/evaluation.ts";
import { emptyFolder, removePartialFiles, whatIsAt, writeAtomically } from "../../engine/files.ts";
import { FolderLock } from "../../engine/lock.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { type EnsembleConfig, ensembleConfigOf, type EnsembleRequest, memberConfigs } from "../ensemble/config.ts";
import { ensembleFolds } from "../ensemble/folds.ts";
import type { Member } from "../ensemble/members.ts";
import { type EnsembleOptions, withMembers } from "../ensemble/train.ts";
import { engineOf } from "../training/train.ts";
import { expectPrecision } from "../training/expect_precision.ts";
import { type RunConfig, RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import { configOf } from "../configure.ts";
import { trainOrResume } from "../resume_run.ts";
import type { TrainRequest } from "../train_request.ts";
import { pooledRmse, readFigures } from "../../scoring/set_figure.ts";
import { groupsOf, readValidation, type ValidationRow, writeValidation } from "../results/validation_file.ts";

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

/** RMSE over the predictions of all folds together by something else than what is pooled. */
export interface PooledBeside {
  /** A member as `--member` takes it, or a way to combine members. */
  readonly name: string;
  /** Over all records. */
  readonly rmse: number;
  /** Interval that holds the RMSE of 95 % of draws of as many rows, or groups of rows. */
  readonly rmseInterval: readonly [low: number, high: number];
}

/** How one fold was predicted by a model that had not seen it. */
export interface FoldFigures {
  /** Counted from 0. */
  readonly fold: number;
  /** How many records were held out. */
  readonly rows: number;
  /** Over the predictions of those. */
  readonly rmse: number;
  /** RMSE of always predicting the mean score of the fold's train rows. */
  readonly constant: number;
  /** RMSE of ridge regression on the fold's inputs; null where a run of an earlier version has none. */
  readonly ridge: number | null;
}

/** Figures over the predictions of all folds together. */
export interface PooledFigures extends Omit<FoldFigures, "fold"> {
  /** Interval that holds the RMSE of 95 % of draws of as many rows. */
  readonly rmseInterval: readonly [low: number, high: number];
  /** Mean absolute error. */
  readonly mae: number;
  /** Mean of predicted - true. */
  readonly bias: number;
  /** NaN where predictions or scores do not vary. */
  readonly pearson: number;
  /** NaN where predictions or scores do not vary. */
  readonly spearman: number;
}

/** What is trained for each fold. */
export interface FoldWork<Options extends RunOptions = RunOptions> {
  /** Trains what holds a fold out into a folder, or goes on with it; true when it is done. What is done is left alone. */
  train(path: string, fold: number, options: Options): Promise<boolean>;
  /** What was predicted of each fold's records, from the folders of all folds. */
  rows(paths: readonly string[]): Promise<readonly FoldRows[]>;
}

/** What was predicted of a fold's records by what had not seen them. */
export interface FoldRows {
  readonly rows: readonly ValidationRow[];
  /** Mean score of the fold's train rows. */
  readonly trainMean: number;
  /** What else predicted the same rows, the same in all folds; none where it is left out. */
  readonly beside?: readonly { readonly name: string; readonly predicted: ArrayLike<number> }[];
}

/** Folds and what is trained for each. */
export interface FoldsConfig {
  /** How many. */
  readonly folds: number;
  /** Settings of all; the number of the fold is 0 there. */
  readonly config: RunConfig | EnsembleConfig;
}

const format = "metrograd folds 1";
const configFile = "folds.json";

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

async function beginFolds(out: string, config: FoldsConfig, options: EnsembleOptions): Promise<FoldsSummary> {
  const replaces = await whatIsAt(out) !== "nothing";
  if (replaces) {
    if (!options.force) {
      throw new UsageError(`${out} exists already; name another folder, or add --force to replace it.`);
    }
    if (!await holdsFolds(out)) throw new UsageError(`${out} holds something else than folds; it is not replaced.`);
  }
  using _lock = await FolderLock.take(out);
  await (replaces ? emptyFolder(out) : removePartialFiles(out));
  return await trainEach(out, config, options);
}

/** True when a folder holds folds, whole or begun. */
export async function holdsFolds(path: string): Promise<boolean> {
  return await Deno.stat(join(path, configFile)).then(() => true, () => false);
}

/** What folds a folder holds, and of what. @throws DataError when it holds none, or their config is damaged */
export async function readFolds(path: string): Promise<FoldsConfig> {
  const file = join(path, configFile);
  const { value } = await readJsonValue(file, "the config of folds");
  const content = (value ?? {}) as Partial<FoldsConfig> & { readonly format?: unknown };
  const { folds, config } = content;
  if (content.format !== format || folds === undefined || config === undefined) {
    throw new DataError(`${file} is not the config of folds: "format" is not "${format}".`);
  }
  return { folds, config: "members" in config ? ensembleConfigOf(config) : configOf(config) };
}

/** The folder of each fold. */
export function foldPaths(path: string, folds: number): string[] {
  return Array.from({ length: folds }, (_, fold) => join(path, `fold-${fold}`));
}

/** The predictions of all folds together. */
export function outOfFold(path: string): string {
  return join(path, "out-of-fold.csv");
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
  const { folds, config } = await readFolds(path);
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
  await writeAtomically(join(path, configFile), JSON.stringify({ format, ...content }, null, 2) + "\n");
  const paths = foldPaths(path, folds);
  for (const [fold, own] of paths.entries()) {
    options.reporter.note?.(`Fold ${fold} (${fold + 1} of ${folds}):`);
    if (await work.train(own, fold, options)) continue;
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
  return {
    folder: path,
    config,
    finished: true,
    done: folds,
    folds: done.map(({ figures }) => figures),
    pooled: pool(rows, done, groups),
    beside: poolBeside(scored, groups),
  };
}

/** Numbers of the groups of all folds' rows, in the order of the records; null where they are not grouped. */
function groupsAcross(folds: readonly FoldRows[]): number[] | null {
  const numbers = new Map<string, number>();
  const rows = folds.flatMap(({ rows }, fold) => {
    const groups = groupsOf(rows);
    return rows.map(({ record }, i) => ({ record, group: groups && `${fold} ${groups[i]}` }));
  });
  return groupsOf(
    rows.sort((a, b) => a.record - b.record).map(({ group }) => {
      if (group === null) return { group };
      // No group is in two folds.
      if (!numbers.has(group)) numbers.set(group, numbers.size);
      return { group: numbers.get(group)! };
    }),
  );
}

function poolBeside(folds: readonly FoldRows[], groups: readonly number[] | null): PooledBeside[] {
  return (folds[0]?.beside ?? []).map(({ name }, i) => {
    const rows = folds.flatMap(({ rows, beside }) =>
      rows.map(({ record, score }, row) => ({ record, score, predicted: beside![i]!.predicted[row]! }))
    ).sort((a, b) => a.record - b.record);
    const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
    return { name, rmse: rmse(predicted, score), rmseInterval: bootstrapInterval(predicted, score, { groups }) };
  });
}

/** Folds of a single run. */
function runFolds(config: RunConfig): FoldWork {
  return {
    async train(path, fold, options) {
      const folder = new RunFolder(path);
      if (await folder.isFinished()) return true;
      const settings = { ...config.settings, data: { ...config.settings.data, fold } };
      return (await trainOrResume(folder, { ...config, settings }, options)).finished;
    },
    rows: (paths) =>
      Promise.all(paths.map(async (path) => {
        const folder = new RunFolder(path);
        const { inputs } = await folder.readConfig();
        return { rows: await readValidation(folder.validation), trainMean: inputs!.trainMean };
      })),
  };
}

function figuresOf(rows: readonly ValidationRow[], trainMean: number): Omit<FoldFigures, "fold" | "ridge"> {
  const score = rows.map(({ score }) => score);
  return {
    rows: rows.length,
    rmse: rmse(rows.map(({ predicted }) => predicted), score),
    constant: rmse(score.map(() => trainMean), score),
  };
}

function pool(
  rows: readonly ValidationRow[],
  folds: readonly { readonly figures: FoldFigures }[],
  groups: readonly number[] | null,
): PooledFigures {
  const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
  const figures = folds.map(({ figures }) => figures);
  return {
    rows: rows.length,
    rmse: rmse(predicted, score),
    rmseInterval: bootstrapInterval(predicted, score, { groups }),
    constant: pooledRmse(figures.map(({ rows, constant }) => ({ rows, rmse: constant })))!,
    ridge: pooledRmse(figures.map(({ rows, ridge }) => ({ rows, rmse: ridge }))),
    mae: mae(predicted, score),
    bias: bias(predicted, score),
    pearson: pearson(predicted, score),
    spearman: spearman(predicted, score),
  };
}
