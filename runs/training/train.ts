import { watchOf } from "../../encoders/encode_inputs.ts";
import { SharedEngine } from "../../encoders/shared_engine.ts";
import { nameData } from "../../data/files/data_paths.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import type { Engine } from "../../engine/engine.ts";
import type { FolderLock } from "../../engine/files/lock.ts";
import { DeviceLostError, MetrogradError } from "../../kernels/errors.ts";
import { makeModel } from "../../recipes/model.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import { isStop, phasesFor } from "../../data/observer.ts";
import { Trainer } from "../../recipes/training/trainer.ts";
import { RidgeApart } from "../../scoring/ridge_apart.ts";
import { widthsOf } from "../../scoring/model_scorer.ts";
import { describeConfig } from "../configure.ts";
import { aboutData } from "../prepare/about_data.ts";
import { checkRows } from "../prepare/check_rows.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import { readTimings } from "../results/history.ts";
import { RunEvents } from "../tensorboard/run_events.ts";
import type { TrainSummary } from "../train_summary.ts";
import { expectDeno } from "./expect_deno.ts";
import { finishRun } from "./finish_run.ts";
import { learn } from "./learn.ts";
import { restore } from "./restore_run.ts";

/** A run whose data are ready and whose folder is taken. */
export interface ReadyRun {
  /** Its folder. */
  readonly folder: RunFolder;
  /** Keeps others out of it. */
  readonly lock: FolderLock;
  /** Its recipe, settings and data. */
  readonly config: RunConfig;
  /** Its rows. */
  readonly prepared: PreparedRun;
  /** The one engine that all of it computes on. */
  readonly engine: SharedEngine;
}

/** The one engine of a run. @param textureReads how a run that it goes on with reads */
export function engineOf({ engine, reporter, profile }: RunOptions, textureReads?: boolean): SharedEngine {
  expectDeno();
  return new SharedEngine(engine ?? null, { onNote: (sentence) => reporter.note?.(sentence), textureReads, profile });
}

/**
 * Trains a run from its last checkpoint, or from the start, to the end. An engine of its own is opened anew when the GPU is
 * lost.
 *
 * @throws MetrogradError in one sentence, which says how to go on
 */
export async function train(run: ReadyRun, options: RunOptions): Promise<TrainSummary> {
  const { folder, engine } = run;
  if (!engine.isOwn) return await trainOn(await engine.open(), run, options);
  const work = async () => {
    try {
      return await trainOn(await engine.open(), run, options);
    } catch (error) {
      if (error instanceof DeviceLostError) await engine.close();
      throw error;
    }
  };
  return await despiteLoss(work, {
    onNote: (sentence) => options.reporter.warn?.(sentence),
    next: "the run goes on from its last checkpoint",
    progress: () => Deno.stat(folder.checkpoint).then(({ mtime }) => mtime?.getTime(), () => null),
  });
}

async function trainOn(engine: Engine, run: ReadyRun, options: RunOptions): Promise<TrainSummary> {
  const { reporter, signal, cache } = options;
  const { folder, lock, config, prepared } = run, { settings } = config;
  checkRows(prepared, config.files ? nameData(config.files.data) : "The sample set", reporter);
  reporter.prepared?.({
    counts: prepared.counts,
    weights: prepared.inputs.preferences ? "none" : settings.weights.kind,
  });
  reporter.adapter?.(engine.opened.adapter);
  const model = makeModel(engine, recipeNamed(config.recipe), settings, widthsOf(prepared.inputs));
  const trainer = new Trainer(engine, model, prepared.data);
  // What is fitted before the first step is part of the first epoch.
  const began = performance.now();
  const restored = await restore(folder, trainer, prepared.inputs.fingerprint, reporter), history = restored ?? [];
  const fitted = model.recipe.fitted?.(settings) ?? false;
  const timings = restored ? await readTimings(folder.timings) : [];
  const shown = { settings: describeConfig(config), fitted, histograms: config.histograms ?? false };
  const events = await RunEvents.open(folder.path, history, timings, shown);
  const unfinished = {
    folder: folder.path,
    config,
    fitted,
    counts: prepared.counts,
    finished: false,
    figures: [],
    shifts: [],
    choice: null,
    directions: null,
    picture: folder.predicted,
    about: aboutData(prepared, settings.data.groupBy),
  };
  const best = () => history.find(({ epoch }) => epoch === trainer.bestEpoch) ?? null;
  reporter.start?.({
    epochs: fitted ? 1 : settings.training.epochs,
    epochsDone: history.length,
    fitted,
    ...(prepared.inputs.scoreRange && { scoreRange: prepared.inputs.scoreRange }),
    history: [...history],
  });
  using ridge = fitBaseline(prepared);
  try {
    const watched = { reporter, ...(signal ? { signal } : {}) };
    const { trained, costs } = await learn(
      { ...run, engine, trainer, history, events, isNew: !restored, began },
      watched,
    );
    prepared.clock.end("training");
    const kept = best();
    if (trained && !kept) {
      throw new MetrogradError(
        `No epoch of ${folder.path} has a finite RMSE on the held-out rows: what it computes of some of them is NaN or infinite.`,
      );
    }
    if (!trained || !kept) return { ...unfinished, finished: trained, epochs: history.length, best: kept };
    return await finishRun({ ...run, engine, model, history, ridge, costs }, {
      ...unfinished,
      epochs: history.length,
      best: kept,
    }, {
      phase: phasesFor(reporter, signal),
      encoding: { ...watchOf(reporter), cache, engine: run.engine },
    });
  } catch (error) {
    // A fit that was stopped is begun again: what came before it is in the checkpoint.
    if (isStop(error, signal)) return { ...unfinished, epochs: history.length, best: best() };
    // Says more than what failed to be written there.
    await lock.check();
    throw error;
  } finally {
    model.network.dispose();
    reporter.end?.();
  }
}

/** Begins to fit the regression that a run's figures stand beside. */
function fitBaseline({ data, metrics, rows: { plain, baseline } }: PreparedRun): RidgeApart {
  const { tables: { texts, groups }, rows } = baseline ?? { tables: data.tables, rows: plain };
  const table = { data: metrics.embeddings, dimension: metrics.dimension };
  return new RidgeApart({ texts, metrics: table, ...(groups && { groups }) }, rows);
}
