import { resolve } from "node:path";
import { absolutePaths, nameData } from "../data/files/data_paths.ts";
import { writeSample } from "../data/sample/write.ts";
import { despiteLoss } from "../engine/device/despite_loss.ts";
import { Engine } from "../engine/engine.ts";
import { fillFolder, removePartialFiles, whatIsAt } from "../engine/files.ts";
import { FolderLock } from "../engine/lock.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import { MetrogradError, UsageError } from "../kernels/errors.ts";
import { writeCheckpoint } from "../recipes/training/checkpoint.ts";
import { checkRows } from "./prepare/check_rows.ts";
import { watchOf } from "../encoders/encode_inputs.ts";
import { aboutData } from "./prepare/about_data.ts";
import type { Choice } from "../recipes/choice.ts";
import { LeftOutSteps, withTensor } from "./training/find_nonfinite.ts";
import { GradientError } from "../recipes/training/gradient_error.ts";
import { loadBest, refitToAll, saveFit } from "./training/finish_run.ts";
import { appendFigures, appendTiming, type EpochFigures } from "./results/history.ts";
import { measureRun, measureSample } from "./results/measure_run.ts";
import { expectRoom } from "./training/memory.ts";
import { makeModel } from "../recipes/model.ts";
import { isStop, phasesFor } from "../recipes/training/phases.ts";
import { prepare, type PreparedRun, type RowCounts } from "./prepare/prepare.ts";
import { absoluteEncoderName } from "../encoders/open_encoder.ts";
import { expectPrecision } from "../recipes/training/precision.ts";
import type { TrainReporter } from "../data/observer.ts";
import { recipeNamed, settingsOf } from "../recipes/registry.ts";
import { restore, withWayOn } from "./training/restore_run.ts";
import { changeSettings, type SettingChange } from "./training/resume_changes.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import { saveModel, Scorer, widthsOf } from "../scoring/scorer.ts";
import type { SetFigure } from "../scoring/set_figure.ts";
import { type ShiftFigure, shiftFigures } from "../scoring/shift/measure_shifts.ts";
import type { TrainRequest } from "./train_request.ts";
import { trainedMetrics } from "./prepare/trained_metrics.ts";
import { Trainer } from "../recipes/training/trainer.ts";
import { writeResults } from "./results/write_results.ts";

/** What a run came to. */
export interface TrainSummary {
  /** Where the run is. */
  readonly folder: string;
  /** Its recipe, settings and data. */
  readonly config: RunConfig;
  /** True where the model is fitted in closed form, so that there are no epochs to speak of. */
  readonly fitted: boolean;
  /** Rows of each kind. */
  readonly counts: RowCounts;
  /** False when it was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** Epochs that are done. */
  readonly epochs: number;
  /** The epoch whose weights are kept; null before the first. */
  readonly best: EpochFigures | null;
  /** Of validation rows, of such with a metric that does not fit, and of the sample set's test rows; empty until it is finished. */
  readonly figures: readonly SetFigure[];
  /** What a recipe that chooses has chosen; null for others and until the run is finished. */
  readonly choice: Choice | null;
  /** Where predicted scores are drawn against true ones, once it is finished. */
  readonly picture: string;
  /** The data in a sentence. */
  readonly about: string;
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
  const folder = new RunFolder(out), force = options.force ?? false;
  // Refused before anything is written there.
  await holdsRun(folder, force);
  using lock = await FolderLock.take(out);
  const replaces = await holdsRun(folder, force);
  await removePartialFiles(out);
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
  return await runDespiteLoss(folder, lock, config, prepared, options);
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
      data: absolutePaths(files.data),
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
  using lock = await FolderLock.take(path);
  await removePartialFiles(path);
  const prepared = await prepare(config, options.reporter, options);
  await expectRoom(config, widthsOf(prepared.inputs));
  await writeInputs(folder, config, prepared);
  return await runDespiteLoss(folder, lock, config, prepared, options);
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
  const { metrics, encoder, lexical, fit, sample, inputs } = prepared;
  await metrics.write(folder.path);
  await lexical.write(folder.lexical);
  if (encoder) {
    const state = [...encoder.state()].map(([name, tensor]) => [name, { dtype: "F32" as const, ...tensor }] as const);
    await writeSafetensors(folder.encoder, new Map(state));
  }
  // That of a run that is done has learnt from more rows.
  if (fit && !await folder.isFinished()) await saveFit(folder, fit.model);
  if (sample) await writeSample(folder.sample, sample, "");
  await folder.writeConfig(config, { ...inputs, trainedMetrics: trainedMetrics(prepared) });
}

async function runDespiteLoss(...work: Parameters<typeof run>): Promise<TrainSummary> {
  const [folder, , , , { reporter }] = work;
  return await despiteLoss(() => run(...work), {
    onNote: (sentence) => reporter.warn(sentence),
    next: "the run goes on from its last checkpoint",
    progress: () => Deno.stat(folder.checkpoint).then(({ mtime }) => mtime?.getTime(), () => null),
  });
}

async function run(
  folder: RunFolder,
  lock: FolderLock,
  config: RunConfig,
  prepared: PreparedRun,
  { reporter, signal, cache }: RunOptions,
): Promise<TrainSummary> {
  const { settings } = config, { fingerprint } = prepared.inputs;
  checkRows(prepared, config.files ? nameData(config.files.data) : "The sample set", reporter);
  reporter.prepared?.({ counts: prepared.counts, weights: settings.weights.kind });
  await using engine = await Engine.open({ onNote: (sentence) => reporter.note(sentence) });
  reporter.adapter(engine.opened.adapter);
  const model = makeModel(engine, recipeNamed(config.recipe), settings, widthsOf(prepared.inputs));
  const { network } = model, fitted = model.recipe.fitted?.(settings) ?? false;
  const trainer = new Trainer(engine, model, prepared.data);
  // What is fitted before the first step is part of the first epoch.
  let epochStarted = performance.now();
  const restored = await restore(folder, trainer, fingerprint, reporter), history = restored ?? [];
  const unfinished = {
    folder: folder.path,
    config,
    fitted,
    counts: prepared.counts,
    finished: false,
    figures: [],
    shifts: [],
    choice: null,
    picture: folder.predicted,
    about: aboutData(prepared, settings.data.groupBy),
  };
  const faulty = { engine, folder, config, prepared }, leftOut = new LeftOutSteps(faulty, reporter);
  const bestSoFar = () => history.find(({ epoch }) => epoch === trainer.bestEpoch) ?? null;
  reporter.start({ epochs: fitted ? 1 : settings.training.epochs, epochsDone: history.length, fitted });
  try {
    let trained: boolean;
    try {
      if (!restored) await trainer.start(reporter, signal);
      let stepsBefore = trainer.position.step;
      trained = await trainer.run({
        nonfinite: (error) => leftOut.add(error),
        phase: (name, done, total) => reporter.phase?.(name, done, total),
        step: (progress) => reporter.step(progress),
        async epoch(figures, best) {
          await lock.check();
          if (best) await saveModel(folder.model, network);
          await appendFigures(folder.metrics, figures);
          await writeCheckpoint(folder.checkpoint, trainer.checkpoint(fingerprint));
          const { step } = trainer.position;
          const seconds = (performance.now() - epochStarted) / 1000;
          await appendTiming(folder.timings, {
            epoch: figures.epoch,
            seconds,
            steps: step - stepsBefore,
            finished: new Date().toISOString(),
          });
          history.push(figures);
          leftOut.endEpoch(figures.epoch);
          reporter.epoch(figures, best);
          epochStarted = performance.now();
          stepsBefore = step;
        },
      }, signal).catch(async (error) => {
        const known = error instanceof GradientError ? await withTensor(error, faulty) : error;
        throw withWayOn(known, folder, history.length);
      });
      await lock.check();
      if (!trained) await writeCheckpoint(folder.checkpoint, trainer.checkpoint(fingerprint));
    } finally {
      trainer.dispose();
    }
    const best = bestSoFar();
    if (trained && !best) {
      throw new MetrogradError(
        `No epoch of ${folder.path} has a finite RMSE on the held-out rows: what it computes of some of them is NaN or infinite.`,
      );
    }
    if (!trained || !best) return { ...unfinished, finished: trained, epochs: history.length, best };
    const phase = phasesFor(reporter, signal);
    await loadBest(engine, folder, model, prepared, phase);
    await phase("scoring held-out rows");
    const scored = { ...prepared, fit: prepared.fit?.model ?? null };
    const { figures: heldOutFigures, heldOut } = await measureRun(
      Scorer.of(engine, model, scored, folder.path),
      prepared,
    );
    const fit = await refitToAll(engine, folder, model, prepared, phase);
    const figures = [...heldOutFigures];
    if (prepared.sample) {
      await phase("scoring the sample's test set");
      const kept = Scorer.of(engine, model, { ...prepared, fit }, folder.path);
      const { rows: { plain } } = prepared, { ridge } = heldOut;
      figures.push(await measureSample(kept, prepared.sample, { plain, ridge }, { ...watchOf(reporter), cache }));
    }
    const choice = await model.recipe.choice?.(network) ?? null;
    const state = network.streamState();
    const shifts = shiftFigures(heldOut.shifted);
    const summary = { ...unfinished, finished: true, epochs: history.length, best, figures, shifts, choice };
    await lock.check();
    await writeResults(folder, prepared, history, { ...summary, heldOut, state });
    return summary;
  } catch (error) {
    // A fit that was stopped is begun again: what came before it is in the checkpoint.
    if (isStop(error, signal)) return { ...unfinished, epochs: history.length, best: bestSoFar() };
    // Says more than what failed to be written there.
    await lock.check();
    throw error;
  } finally {
    network.dispose();
    reporter.end();
  }
}
