import type { EpochFigures, StepProgress } from "../../data/observer.ts";
import type { Engine } from "../../engine/engine.ts";
import { type StepCosts, StepSample } from "../../engine/profile/step_sample.ts";
import type { FolderLock } from "../../engine/files/lock.ts";
import { writeCheckpoint } from "../../recipes/training/checkpoint.ts";
import { GradientError } from "../../recipes/training/gradient_error.ts";
import type { Trainer } from "../../recipes/training/trainer.ts";
import { saveModel } from "../../scoring/model_scorer.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import { appendFigures, appendTiming, type EpochTiming } from "../results/history.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";
import type { RunOptions } from "../run_options.ts";
import type { RunEvents } from "../tensorboard/run_events.ts";
import { LeftOutSteps, withTensor } from "./find_nonfinite.ts";
import { withWayOn } from "./restore_run.ts";

/** A run that is about to learn. */
export interface Learning {
  readonly folder: RunFolder;
  readonly lock: FolderLock;
  readonly config: RunConfig;
  readonly prepared: PreparedRun;
  readonly engine: Engine;
  readonly trainer: Trainer;
  /** Epochs that are done; those that follow are added. */
  readonly history: EpochFigures[];
  /** The same for TensorBoard. */
  readonly events: RunEvents;
  /** True where there was no checkpoint. */
  readonly isNew: boolean;
  /** When it began, in milliseconds of `performance.now()`. */
  readonly began: number;
}

/** What training came to. */
export interface Learnt {
  /** False when the signal stopped it. */
  readonly trained: boolean;
  /** What a step cost; null where the model is fitted, or there were too few steps to look at some. */
  readonly costs: StepCosts | null;
}

/**
 * Trains epoch after epoch: after each the best weights, its figures and a checkpoint are written. The trainer is disposed
 * of. Once the first steps have compiled the kernels, the cost of the next few is measured.
 */
export async function learn(
  { folder, lock, config, prepared, engine, trainer, history, events, isNew, began }: Learning,
  { reporter, signal }: Pick<RunOptions, "reporter" | "signal">,
): Promise<Learnt> {
  const { fingerprint } = prepared.inputs;
  const faulty = { engine, folder, config, prepared }, leftOut = new LeftOutSteps(faulty, reporter);
  using sample = new StepSample(engine, trainer.momentNames);
  let epochStarted = began;
  try {
    if (isNew) await trainer.start(reporter, signal);
    let stepsBefore = trainer.position.step;
    const watch = {
      debug: (sentence: string) => reporter.debug?.(sentence),
      phase: (name: string, done?: number, total?: number) => reporter.phase?.(name, done, total),
      async step(progress: StepProgress) {
        await sample.end(trainer.position.step);
        await reporter.step?.(progress);
        if (progress.batch < progress.batches) sample.begin(trainer.position.step);
      },
      async epoch(figures: EpochFigures, best: boolean) {
        await lock.check();
        if (best) await saveModel(folder.model, trainer.model.network);
        await appendFigures(folder.history, figures);
        await writeCheckpoint(folder.checkpoint, trainer.checkpoint(fingerprint));
        const { step } = trainer.position;
        const timing: EpochTiming = {
          epoch: figures.epoch,
          seconds: (performance.now() - epochStarted) / 1000,
          steps: step - stepsBefore,
          finished: new Date().toISOString(),
        };
        await appendTiming(folder.timings, timing);
        await events.epoch(figures, timing, trainer.model.network);
        history.push(figures);
        leftOut.endEpoch(figures.epoch);
        await reporter.epoch?.(figures, best);
        epochStarted = performance.now();
        stepsBefore = step;
        sample.begin(step);
      },
    };
    const trained = await trainer.run(watch, signal, (error) => leftOut.add(error)).catch(async (error) => {
      const known = error instanceof GradientError ? await withTensor(error, faulty) : error;
      throw withWayOn(known, folder, history.length);
    });
    await lock.check();
    if (!trained) await writeCheckpoint(folder.checkpoint, trainer.checkpoint(fingerprint));
    return { trained, costs: sample.costs };
  } finally {
    trainer.dispose();
  }
}
