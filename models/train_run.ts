import { resolve } from "node:path";
import { writeSample } from "../data/sample/write.ts";
import { Engine } from "../engine/engine.ts";
import { fillFolder, whatIsAt } from "../engine/files.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import { DataError, MetrogradError, UsageError } from "../kernels/errors.ts";
import { writeEvidence } from "./calibration/held_out.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { watchOf } from "./encode_inputs.ts";
import { loadBest, refitToAll, saveFit } from "./finish_run.ts";
import { appendFigures, appendTiming, type EpochFigures, keepHistory } from "./history.ts";
import { keepJsonLines } from "./json_lines.ts";
import { measureRun } from "./measure_run.ts";
import { expectRoom } from "./memory.ts";
import { makeModel } from "./model.ts";
import { prepare, type PreparedRun } from "./prepare.ts";
import { absoluteEncoderName } from "./open_encoder.ts";
import { expectPrecision } from "./precision.ts";
import type { TrainReporter } from "./reporter.ts";
import { recipeNamed, settingsOf } from "./recipes.ts";
import { changeSettings, type SettingChange } from "./resume_changes.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import { writePages } from "./run_pages.ts";
import { saveModel, Scorer, widthsOf } from "./scorer.ts";
import { type SetFigure, writeFigures } from "./set_figure.ts";
import { writeClasses } from "./shift/classes_file.ts";
import { type ShiftFigure, shiftFigures } from "./shift/measure_shifts.ts";
import { writeShiftedRows } from "./shift/shifted_rows.ts";
import type { TrainRequest } from "./train_request.ts";
import { GradientError, Trainer } from "./trainer.ts";
import { writeValidation } from "./validation_file.ts";

/** What a run came to. */
export interface TrainSummary {
  /** Where the run is. */
  readonly folder: string;
  /** False when it was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** Epochs that are done. */
  readonly epochs: number;
  /** The epoch whose weights are kept; null before the first. */
  readonly best: EpochFigures | null;
  /** Of validation rows, of such with a metric that does not fit, and of the sample set's test rows; empty until it is finished. */
  readonly figures: readonly SetFigure[];
  /** RMSE on held-out rows under each way to allow for shift; empty until the run is finished. */
  readonly shifts: readonly ShiftFigure[];
}

/** How a run is watched and stopped. */
export interface RunOptions {
  /** Told of progress. */
  readonly reporter: TrainReporter;
  /** Stops the run when it is aborted; all is saved then. */
  readonly signal?: AbortSignal;
  /** Replaces the run that is in the folder. */
  readonly force?: boolean;
  /** File that keeps vectors of pretrained encoders; null to keep none; the user's own by default. */
  readonly cache?: string | null;
}

/**
 * Trains a new run into a folder.
 *
 * @throws MetrogradError in one sentence; nothing is left in the folder when the data cannot be used
 */
export async function trainRun(request: TrainRequest, options: RunOptions): Promise<TrainSummary> {
  return await trainConfig(configOf(request), request.out, options);
}

/** Trains a new run by its config. @throws MetrogradError as `trainRun` does */
export async function trainConfig(config: RunConfig, out: string, options: RunOptions): Promise<TrainSummary> {
  await expectPrecision(config.settings);
  const folder = new RunFolder(out);
  const replaces = await holdsRun(folder, options.force ?? false);
  const prepared = await fillFolder(out, async () => {
    // Written before the data is read, so that a run that is killed at any moment can be resumed.
    if (!replaces) await folder.writeConfig(config, null);
    const prepared = await prepare(config, options.reporter, options);
    await expectRoom(config, widthsOf(prepared.inputs));
    // A run is replaced only by one whose data can be used.
    if (replaces) await folder.clear();
    await writeInputs(folder, config, prepared);
    return prepared;
  });
  return await run(folder, config, prepared, options);
}

/** Everything that repeats a run: its settings in full, its files by absolute paths. @throws UsageError */
export function configOf({ recipe, settings: given, files, maxRows }: Omit<TrainRequest, "out">): RunConfig {
  const settings = settingsOf(recipeNamed(recipe), given);
  const { augmentation, augmentation: { languageModel: { replies } }, features } = settings;
  const absolute = (path: string | null) => path === null ? null : resolve(path);
  return {
    recipe,
    settings: {
      ...settings,
      augmentation: { ...augmentation, languageModel: { replies: absolute(replies) } },
      features: { ...features, encoder: absoluteEncoderName(features.encoder) },
    },
    files: files && {
      ...files,
      data: resolve(files.data),
      metricNames: absolute(files.metricNames),
      metricEmbeddings: absolute(files.metricEmbeddings),
      ...(files.metricDefinitions ? { metricDefinitions: resolve(files.metricDefinitions) } : {}),
      embeddings: absolute(files.embeddings),
    },
    maxRows,
  };
}

/**
 * Goes on with a run that was stopped, to the same bits as if it had not been.
 *
 * @param changes settings that it goes on with, such as a lower learning rate after NaN
 * @throws DataError when the folder holds no run or its data has changed, UsageError when a setting may not change
 */
export async function resumeRun(
  path: string,
  options: RunOptions,
  changes: readonly SettingChange[] = [],
): Promise<TrainSummary> {
  const folder = new RunFolder(path);
  const config = changeSettings((await folder.readConfig()).config, changes);
  if (changes.length > 0 && await folder.isFinished()) {
    throw new UsageError(`${path} is done, so that ${changes[0]![2]} cannot change it any more.`);
  }
  await expectPrecision(config.settings);
  await folder.removePartialFiles();
  const prepared = await prepare(config, options.reporter, options);
  await expectRoom(config, widthsOf(prepared.inputs));
  await writeInputs(folder, config, prepared);
  return await run(folder, config, prepared, options);
}

/** Trains a run into a folder, or goes on with the run that is there. @throws MetrogradError as `trainRun` does */
export async function trainOrResume(
  folder: RunFolder,
  config: RunConfig,
  options: RunOptions,
): Promise<TrainSummary> {
  if (await folder.isRun()) return await resumeRun(folder.path, options);
  // Killed before its config was written, a run has left nothing worth keeping.
  await Deno.remove(folder.path, { recursive: true }).catch(() => {});
  return await trainConfig(config, folder.path, { ...options, force: false });
}

/**
 * True when the folder holds a run that is to be replaced, false when it is free.
 *
 * @throws UsageError when it is neither
 */
async function holdsRun(folder: RunFolder, force: boolean): Promise<boolean> {
  const found = await whatIsAt(folder.path);
  if (found === "file") throw new UsageError(`${folder.path} is a file; a folder is expected.`);
  if (found === "nothing") return false;
  if (!force) throw new UsageError(`${folder.path} exists already; name another folder, or add --force to replace it.`);
  if (await folder.isRun()) return true;
  throw new UsageError(`${folder.path} holds something else than a run; it is not replaced.`);
}

async function writeInputs(folder: RunFolder, config: RunConfig, prepared: PreparedRun): Promise<void> {
  const { metrics, encoder, fit, sample, inputs } = prepared;
  await metrics.write(folder.path);
  if (encoder) {
    const state = [...encoder.state()].map(([name, tensor]) => [name, { dtype: "F32" as const, ...tensor }] as const);
    await writeSafetensors(folder.encoder, new Map(state));
  }
  // That of a run that is done has learnt from more rows.
  if (fit && !await folder.isFinished()) await saveFit(folder, fit.model);
  if (sample) await writeSample(folder.sample, sample, "");
  await folder.writeConfig(config, inputs);
}

async function run(
  folder: RunFolder,
  config: RunConfig,
  prepared: PreparedRun,
  { reporter, signal, cache }: RunOptions,
): Promise<TrainSummary> {
  const { settings } = config;
  await using engine = await Engine.open({ onNote: (sentence) => reporter.note(sentence) });
  reporter.adapter(engine.opened.adapter);
  const model = makeModel(engine, recipeNamed(config.recipe), settings, widthsOf(prepared.inputs));
  const { network } = model;
  const trainer = new Trainer(engine, model, prepared.data);
  // What is fitted before the first step is part of the first epoch.
  let epochStarted = performance.now();
  const history = await restore(folder, trainer, prepared.inputs.fingerprint, reporter);
  reporter.start({
    epochs: model.recipe.fitted?.(settings) ? 1 : settings.training.epochs,
    epochsDone: history.length,
  });
  let stepsBefore = trainer.position.step;
  let finished;
  try {
    finished = await trainer.run({
      step: (progress) => reporter.step(progress),
      async epoch(figures, best) {
        if (best) await saveModel(folder.model, network);
        await appendFigures(folder.metrics, figures);
        await writeCheckpoint(folder.checkpoint, trainer.checkpoint(prepared.inputs.fingerprint));
        const { step } = trainer.position;
        const seconds = (performance.now() - epochStarted) / 1000;
        await appendTiming(folder.timings, {
          epoch: figures.epoch,
          seconds,
          steps: step - stepsBefore,
          finished: new Date().toISOString(),
        });
        history.push(figures);
        reporter.epoch(figures, best);
        epochStarted = performance.now();
        stepsBefore = step;
      },
    }, signal);
    if (!finished) await writeCheckpoint(folder.checkpoint, trainer.checkpoint(prepared.inputs.fingerprint));
  } catch (error) {
    throw withWayOn(error, folder, history.length);
  } finally {
    reporter.end();
  }
  const best = history.find(({ epoch }) => epoch === trainer.bestEpoch) ?? null;
  trainer.dispose();
  const done = finished && best !== null;
  if (done) await loadBest(engine, folder, model, prepared);
  const scored = { ...prepared, fit: prepared.fit?.model ?? null };
  const measured = done
    ? await measureRun(Scorer.of(engine, model, scored, folder.path), prepared, { ...watchOf(reporter), cache })
    : null;
  if (done) await refitToAll(engine, folder, model, prepared);
  const state = network.streamState();
  network.dispose();
  const summary = {
    folder: folder.path,
    finished,
    epochs: history.length,
    best,
    figures: measured?.figures ?? [],
    shifts: measured ? shiftFigures(measured.heldOut.shifted) : [],
  };
  if (measured) {
    const { predicted, evidence, ridge, classes, shifted } = measured.heldOut;
    await ridge.write(folder.ridge);
    await writeFigures(folder.figures, measured.figures);
    await writePages(folder, config, prepared, history, summary, state);
    if (evidence.length > 0) await writeEvidence(folder.evidence, evidence);
    await writeValidation(folder.mismatched, predicted.mismatched);
    await writeClasses(folder, classes, predicted.validation.length, summary.shifts);
    await writeShiftedRows(folder.shifted, shifted);
    // Last of all: this file says that the run is done.
    await writeValidation(folder.validation, predicted.validation);
  }
  return summary;
}

/** Takes the trainer to where the folder's checkpoint stands; the epochs that are done. */
async function restore(
  folder: RunFolder,
  trainer: Trainer,
  fingerprint: string,
  reporter: TrainReporter,
): Promise<EpochFigures[]> {
  const exists = await Deno.stat(folder.checkpoint).then(() => true, () => false);
  if (!exists) {
    await trainer.start();
    for (const path of [folder.metrics, folder.timings]) await Deno.remove(path).catch(() => {});
    return [];
  }
  await readCheckpoint(folder.checkpoint, async (checkpoint) => {
    if (checkpoint.fingerprint === fingerprint) return await trainer.restore(checkpoint, folder.checkpoint);
    throw new DataError(
      `The data or the settings of ${folder.path} have changed since its checkpoint; it cannot go on.`,
    );
  });
  const { epoch, batch } = trainer.position;
  reporter.note(`Going on after epoch ${epoch}${batch > 0 ? ` and ${batch} batches` : ""}.`);
  await keepJsonLines(folder.timings, epoch);
  return await keepHistory(folder.metrics, epoch);
}

/** Adds to the message of a failed training where it can be taken up again. */
function withWayOn(error: unknown, folder: RunFolder, epochs: number): unknown {
  if (!(error instanceof MetrogradError)) return error;
  const last = epochs > 0 ? `The last good checkpoint is epoch ${epochs}` : "There is no checkpoint yet";
  const lower = error instanceof GradientError ? ` --set optimizer.lr=${lowerRate(error.learningRate)}` : "";
  return new MetrogradError(`${error.message} ${last}: train --resume ${folder.path}${lower}`, { cause: error });
}

/** A tenth of a learning rate, as a command line has it. */
function lowerRate(rate: number): string {
  return String(Number((rate / 10).toPrecision(2)));
}
