import { bootstrapInterval, pairedBootstrapInterval, rmse } from "../data/evaluation.ts";
import { errorFactor, type ScoreRange, scoreRange } from "../data/scores.ts";
import { DataError, UsageError } from "../kernels/errors.ts";
import { type EnsembleConfig, ensembleName } from "./ensemble/config.ts";
import { readJsonLines } from "./results/json_lines.ts";
import { builtInEncoder } from "../encoders/open_encoder.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import type { RunInputs } from "../scoring/run_inputs.ts";
import { groupedRmseInterval, pooledRmse, readFigures, type SetFigure } from "../scoring/set_figure.ts";
import type { Settings } from "../recipes/settings/shared.ts";
import { kindOfFolder, openTrained } from "./trained_folder.ts";
import { readHeldOutRows } from "./results/held_out_rows.ts";
import { groupsOf } from "./results/validation_file.ts";

/** A run, an ensemble or folds, with the figures that training left, on the scale of their data. */
export interface RunLine {
  /** Its folder. */
  readonly run: string;
  /** Its recipe. */
  readonly recipe: string;
  /** How many folds; null where it is a single run. */
  readonly folds: number | null;
  /** How many members; null where it is no ensemble. */
  readonly members: number | null;
  /** Its seed; null for an ensemble, whose members have their own. */
  readonly seed: number | null;
  /** The scale of its scores, which its errors are on. */
  readonly scoreRange: ScoreRange;
  /** Rows that were held out. */
  readonly rows: number;
  /** RMSE on them. */
  readonly rmse: number;
  /**
   * Interval that holds the RMSE of 95 % of draws of as many rows, or of whole groups where the run holds out such: the one
   * that training told. Null where there are fewer than five groups.
   */
  readonly rmseInterval: readonly [low: number, high: number] | null;
  /** RMSE on the same rows with a metric that does not fit; null where there are none. */
  readonly mismatchedRmse: number | null;
  /** RMSE of always predicting the mean score of the train rows. */
  readonly constantRmse: number;
  /** RMSE of ridge regression on the same embeddings; null where a run of an earlier version has none. */
  readonly ridgeRmse: number | null;
  /** Seconds that training took. */
  readonly seconds: number;
  /** Folders that score new records, their scores averaged: its own, or those of its folds. */
  readonly scorers: readonly string[];
  /** True where it needs embeddings of the texts to score. */
  readonly needsEmbeddings: boolean;
}

/**
 * Reads what a folder came to.
 *
 * @returns null when it is not finished yet
 * @throws UsageError when it is none of the three
 */
export async function describeRun(run: string): Promise<RunLine | null> {
  if (await kindOfFolder(run) === null) {
    throw new UsageError(`${run} holds no run, no ensemble and no folds; name folders that train has made.`);
  }
  const trained = await openTrained(run), { config, folds, scorers, heldOut, runs } = trained;
  if (!await exists(heldOut)) return null;
  const rows = await readHeldOutRows(trained);
  const predicted = rows.map(({ predicted }) => predicted), score = rows.map(({ score }) => score);
  const sets = await Promise.all(scorers.map(figuresOf));
  const pooled = (set: string, of: (figure: SetFigure) => number | null) =>
    pooledRmse(sets.map((one) => one.get(set)).map((one) => ({ rows: one?.rows ?? 0, rmse: one ? of(one) : null })));
  const { inputs, settings: { features } } = await begun(runs[0]!);
  const range = inputs.scoreRange ?? scoreRange, factor = errorFactor(range);
  const interval = groupedRmseInterval(predicted, score, groupsOf(rows));
  const scaled = (error: number | null) => error === null ? null : factor * error;
  const seconds = await Promise.all(runs.map(secondsOf));
  return {
    run,
    ...named(config),
    folds,
    scorers,
    scoreRange: range,
    rows: rows.length,
    rmse: factor * rmse(predicted, score),
    rmseInterval: interval && [factor * interval[0], factor * interval[1]],
    mismatchedRmse: scaled(pooled("mismatched validation", ({ rmse }) => rmse)),
    constantRmse: factor *
      (pooled("validation", ({ constant }) => constant) ?? rmse(score.map(() => inputs.trainMean), score)),
    ridgeRmse: scaled(pooled("validation", ({ ridge }) => ridge)),
    seconds: seconds.reduce((sum, one) => sum + one, 0),
    needsEmbeddings: inputs.texts !== "hash" && features.encoder === builtInEncoder,
  };
}

function named(config: RunConfig | EnsembleConfig): Pick<RunLine, "recipe" | "members" | "seed"> {
  return "members" in config
    ? { recipe: ensembleName, members: config.members.length, seed: null }
    : { recipe: config.recipe, members: null, seed: config.settings.training.seed };
}

async function figuresOf(path: string): Promise<Map<string, SetFigure>> {
  return new Map((await readFigures(new RunFolder(path).figures) ?? []).map((figure) => [figure.set, figure]));
}

async function begun(run: string): Promise<{ readonly inputs: RunInputs; readonly settings: Settings }> {
  const { inputs, config: { settings } } = await new RunFolder(run).readConfig();
  if (inputs) return { inputs, settings };
  throw new DataError(`${run} has not begun to train; go on with train --resume ${run}.`);
}

async function secondsOf(run: string): Promise<number> {
  const lines = await readJsonLines(new RunFolder(run).timings) as { readonly seconds: number }[];
  return lines.reduce((sum, { seconds }) => sum + seconds, 0);
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

/** How one of several runs does on the same records. */
export interface TestLine {
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Interval that holds the RMSE of 95 % of draws of as many rows. */
  readonly rmseInterval: readonly [low: number, high: number];
  /** RMSE of ridge regression on the run's inputs; null where there is none. */
  readonly ridgeRmse: number | null;
  /** RMSE of always predicting the mean score of the run's train rows. */
  readonly constantRmse: number;
  /** RMSE less that of the best run. */
  readonly behind: number;
  /** Interval that holds that difference for 95 % of draws of as many rows, the same for both runs. */
  readonly behindInterval: readonly [low: number, high: number];
}

/** What a run says of records. */
export interface TestScores {
  /** [rows] */
  readonly score: Float32Array;
  /** What ridge regression on the run's inputs says; null where there is none. */
  readonly ridge: Float32Array | null;
  /** Mean score of the train rows. */
  readonly trainMean: number;
}

/** Measures several runs' scores of the same records, each against the best of them. */
export function compareScores(runs: readonly TestScores[], actual: Float32Array): TestLine[] {
  const errors = runs.map(({ score }) => rmse(score, actual));
  const best = errors.indexOf(Math.min(...errors));
  return runs.map(({ score, ridge, trainMean }, i) => ({
    rmse: errors[i]!,
    rmseInterval: bootstrapInterval(score, actual),
    ridgeRmse: ridge && rmse(ridge, actual),
    constantRmse: rmse(new Float32Array(actual.length).fill(trainMean), actual),
    behind: errors[i]! - errors[best]!,
    behindInterval: pairedBootstrapInterval(score, runs[best]!.score, actual),
  }));
}

/** The mean of what several runs say. */
export function meanScores(runs: readonly TestScores[]): TestScores {
  const mean = (of: readonly Float32Array[]) =>
    of[0]!.map((_, row) => of.reduce((sum, one) => sum + one[row]!, 0) / of.length);
  const ridges = runs.map(({ ridge }) => ridge).filter((ridge) => ridge !== null);
  return {
    score: mean(runs.map(({ score }) => score)),
    ridge: ridges.length === runs.length ? mean(ridges) : null,
    trainMean: runs.reduce((sum, { trainMean }) => sum + trainMean, 0) / runs.length,
  };
}
