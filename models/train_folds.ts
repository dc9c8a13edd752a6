import { join } from "node:path";
import { bias, bootstrapInterval, mae, pearson, rmse, spearman } from "../data/evaluation.ts";
import { readFileOrExplain, whatIsAt, writeAtomically } from "../engine/files.ts";
import { DataError, UsageError } from "../kernels/errors.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import { configOf, resumeRun, type RunOptions, trainConfig, type TrainSummary } from "./train_run.ts";
import type { TrainRequest } from "./train_request.ts";
import { readValidation, type ValidationRow, writeValidation } from "./validation_file.ts";

/** What the runs of all folds came to. */
export interface FoldsSummary {
  /** Where they are. */
  readonly folder: string;
  /** False when the work was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** Folds that are done. */
  readonly folds: readonly FoldFigures[];
  /** Over the out-of-fold predictions of all records; null until all folds are done. */
  readonly pooled: PooledFigures | null;
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

interface FoldsConfig {
  readonly folds: number;
  readonly config: RunConfig;
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
  const { data } = request.settings;
  // Checked before anything is written.
  const config = configOf({ ...request, settings: { ...request.settings, data: { ...data, folds, fold: 0 } } });
  if (await whatIsAt(out) !== "nothing") {
    if (!options.force) {
      throw new UsageError(`${out} exists already; name another folder, or add --force to replace it.`);
    }
    if (!await holdsFolds(out)) throw new UsageError(`${out} holds something else than folds; it is not replaced.`);
    await Deno.remove(out, { recursive: true });
  }
  await writeAtomically(join(out, configFile), JSON.stringify({ format, folds, config }, null, 2) + "\n");
  return await trainEach(out, { folds, config }, options);
}

/** True when a folder holds folds, whole or begun. */
export async function holdsFolds(path: string): Promise<boolean> {
  return await Deno.stat(join(path, configFile)).then(() => true, () => false);
}

/** Goes on with folds that were stopped: what is done is not trained again. @throws DataError when there are none */
export async function resumeFolds(path: string, options: RunOptions): Promise<FoldsSummary> {
  const file = join(path, configFile);
  const text = new TextDecoder().decode(await readFileOrExplain(file, "the config of folds"));
  let content: Partial<FoldsConfig> & { readonly format?: unknown };
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${file} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
  const { folds, config } = content;
  if (content.format !== format || folds === undefined || config === undefined) {
    throw new DataError(`${file} is not the config of folds: "format" is not "${format}".`);
  }
  return await trainEach(path, { folds, config: configOf(config) }, options);
}

async function trainEach(path: string, { folds, config }: FoldsConfig, options: RunOptions): Promise<FoldsSummary> {
  const done: { readonly figures: FoldFigures; readonly rows: ValidationRow[]; readonly trainMean: number }[] = [];
  const summary = (finished: boolean, pooled: PooledFigures | null): FoldsSummary => ({
    folder: path,
    finished,
    folds: done.map(({ figures }) => figures),
    pooled,
  });
  for (let fold = 0; fold < folds; fold++) {
    const folder = new RunFolder(join(path, `fold-${fold}`));
    if (!await folder.isFinished()) {
      options.reporter.note(`Fold ${fold} (${fold + 1} of ${folds}):`);
      const settings = { ...config.settings, data: { ...config.settings.data, fold } };
      const { finished } = await trainOrResume(folder, { ...config, settings }, options);
      if (!finished) return summary(false, null);
    }
    const { inputs } = await folder.readConfig();
    const rows = await readValidation(folder.validation), { trainMean } = inputs!;
    done.push({ figures: { fold, ...figuresOf(rows, trainMean) }, rows, trainMean });
  }
  const rows = done.flatMap(({ rows }) => rows).sort((a, b) => a.record - b.record);
  await writeValidation(join(path, "out-of-fold.csv"), rows);
  return summary(true, pool(rows, done));
}

async function trainOrResume(folder: RunFolder, config: RunConfig, options: RunOptions): Promise<TrainSummary> {
  if (await folder.isRun()) return await resumeRun(folder.path, options);
  // Killed before its config was written, a fold has left nothing worth keeping.
  await Deno.remove(folder.path, { recursive: true }).catch(() => {});
  return await trainConfig(config, folder.path, { ...options, force: false });
}

function figuresOf(rows: readonly ValidationRow[], trainMean: number): Omit<FoldFigures, "fold"> {
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
): PooledFigures {
  const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
  const squares = folds.reduce((sum, { figures: { rows, constant } }) => sum + rows * constant ** 2, 0);
  return {
    rows: rows.length,
    rmse: rmse(predicted, score),
    rmseInterval: bootstrapInterval(predicted, score),
    constant: Math.sqrt(squares / rows.length),
    mae: mae(predicted, score),
    bias: bias(predicted, score),
    pearson: pearson(predicted, score),
    spearman: spearman(predicted, score),
  };
}
