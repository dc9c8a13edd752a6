import type { GradScalerState } from "../engine/optim/grad_scaler.ts";
import type { ScoreRange } from "./scores.ts";

/** Awaited whenever a part of some work is done: shows progress, and stops the work by throwing. */
export type OnDone = (done: number, total: number) => Promise<void>;

/** How far the encoding of some texts is. */
export interface EncodingProgress {
  /** Texts that are to be encoded, without those that are known already. */
  readonly texts: number;
  /** Those that are done. */
  readonly done: number;
  /** Part of the work that is done, longer texts being more work; 0 to 1. */
  readonly share: number;
}

/** What encoding some texts came to. */
export interface EncodingCounts {
  /** Different texts; those without a word are none. */
  readonly texts: number;
  /** Those whose vectors were in the cache. */
  readonly cached: number;
  /** Those that were encoded. */
  readonly encoded: number;
}

/** How many rows there are of each kind. */
export interface RowCounts {
  /** Records that are used. */
  readonly records: number;
  /** Those that are learnt from. */
  readonly train: number;
  /** Those that are held out. */
  readonly validation: number;
  /** Rows that each stage of augmentation adds to those that are learnt from. */
  readonly added: readonly (readonly [stage: string, rows: number])[];
}

/** What a training is about to do. */
export interface TrainPlan {
  /** Epochs in all, unless early stopping ends it. */
  readonly epochs: number;
  /** Not 0 when a training is resumed. */
  readonly epochsDone: number;
  /** True where the model is fitted in closed form. */
  readonly fitted: boolean;
  /** The scale of the data's scores; absent where it is 0 to 10, which the figures of epochs are on. */
  readonly scoreRange?: ScoreRange;
  /** Figures of the epochs that are done. */
  readonly history?: readonly EpochFigures[];
}

/** One of several runs, such as a fold or a member of an ensemble. */
export interface RunPlace {
  /** "fold 0", "member 2 of 7, bilinear". */
  readonly name: string;
  /** Which of them, from 1. */
  readonly number: number;
  /** How many there are. */
  readonly of: number;
  /** True where others are trained at the same time. */
  readonly beside: boolean;
}

/** Where a training stands. */
export interface StepProgress {
  /** The current epoch, counted from 1. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly batch: number;
  /** Batches of an epoch. */
  readonly batches: number;
  /** Loss of the last batch. */
  readonly loss: number;
  /** GPU memory that the engine has taken, in bytes. */
  readonly gpuBytes?: number;
}

/** The error on the rows of one class of true scores. */
export interface ScoreFigure {
  /** 0 to 10. */
  readonly score: number;
  /** How many rows there are of it. */
  readonly rows: number;
  /** RMSE over them. */
  readonly rmse: number;
}

/** What an epoch of training came to. The same run gives the same figures, so no clock times are among them. */
export interface EpochFigures {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean weighted loss over the train rows. */
  readonly trainLoss: number;
  /** RMSE on the validation rows. */
  readonly validationRmse: number;
  /** Share of the validation rows whose score, rounded, is right; absent in runs of earlier versions. */
  readonly accuracy?: number;
  /** RMSE on the validation rows of each class of true scores, from low to high; absent in runs of earlier versions. */
  readonly byScore?: readonly ScoreFigure[];
  /** RMSE on validation rows whose metric was swapped for one that does not fit; null where it is not measured. */
  readonly mismatchedRmse: number | null;
  /** The figure that drives the learning rate, early stopping and the choice of the best epoch; less is better. */
  readonly selection: number;
  /** The rate that the epoch was trained with. */
  readonly learningRate: number;
  /** Mean global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** The scale of the loss at its end; only in mixed precision. */
  readonly lossScale?: GradScalerState;
  /** Share of held-out pairs that are ranked as they were judged; only where answers were compared. */
  readonly pairAccuracy?: number;
}

/**
 * Callbacks for long-running work: encoding, preparing, training, fine-tuning. All are optional. The command line prints
 * what it is told; a library user may hand in any object like it.
 *
 * @typeParam Figures what an epoch comes to
 * @typeParam Plan what is known before the first step
 */
export interface Observer<Figures = EpochFigures, Plan = TrainPlan> {
  /** Something worth knowing: what is used, what was found. */
  note?(sentence: string): void;
  /** Something that is probably not meant. */
  warn?(sentence: string): void;
  /** A detail that helps to find the cause of something, such as a slow step. */
  debug?(sentence: string): void;
  /** A part of the work that has no steps is under way, such as a fit in closed form; counts where they are known, or a share of 1. */
  phase?(name: string, done?: number, total?: number): void;
  /** A pretrained encoder is at work. */
  encoding?(progress: EncodingProgress): void;
  /** A pretrained encoder is done. */
  encoded?(counts: EncodingCounts): void;
  /** The adapter that the work runs on. */
  adapter?(adapter: { readonly description: string; readonly backend: string; readonly software: boolean }): void;
  /** The data is read: what is trained on, and the kind of the sample weights. */
  prepared?(data: { readonly counts: RowCounts; readonly weights: string }): void;
  /** Training begins. */
  start?(plan: Plan): void;
  /**
   * One of several runs begins. Returns whom to tell of it; an observer that returns nothing is told as of a single run, or,
   * where runs are trained at the same time, in sentences alone.
   */
  run?(place: RunPlace): Observer<Figures, Plan> | void;
  /** Some batches are done. Awaited. */
  step?(progress: StepProgress): unknown;
  /** An epoch is done, or a fit in closed form; `best` when its selection figure is the lowest so far. Awaited. */
  epoch?(figures: Figures, best: boolean): unknown;
  /** Training is over, for whatever reason. */
  end?(): void;
}

/** An observer that tells several of all that it is told, one after the other. */
export function joinObservers<Figures = EpochFigures, Plan = TrainPlan>(
  all: readonly Observer<Figures, Plan>[],
): Observer<Figures, Plan> {
  return {
    note: (sentence) => all.forEach((one) => one.note?.(sentence)),
    warn: (sentence) => all.forEach((one) => one.warn?.(sentence)),
    debug: (sentence) => all.forEach((one) => one.debug?.(sentence)),
    phase: (name, done, total) => all.forEach((one) => one.phase?.(name, done, total)),
    encoding: (progress) => all.forEach((one) => one.encoding?.(progress)),
    encoded: (counts) => all.forEach((one) => one.encoded?.(counts)),
    adapter: (adapter) => all.forEach((one) => one.adapter?.(adapter)),
    prepared: (data) => all.forEach((one) => one.prepared?.(data)),
    start: (plan) => all.forEach((one) => one.start?.(plan)),
    run: (place) => joinObservers(all.flatMap((one) => one.run?.(place) ?? (place.beside ? [] : [one]))),
    async step(progress) {
      for (const one of all) await one.step?.(progress);
    },
    async epoch(figures, best) {
      for (const one of all) await one.epoch?.(figures, best);
    },
    end: () => all.forEach((one) => one.end?.()),
  };
}

/** Says what a fit is doing, lets the event loop run, and ends the fit where it is to stop; see `TrainRows.phase`. */
export type Phase = (name: string, done?: number, total?: number) => Promise<void>;

/** Longest time in milliseconds that a fit keeps the event loop, and so Ctrl-C, waiting. */
const longestWait = 50;

/** Phases of a fit, told to whoever watches. @returns what throws the signal's reason once it is aborted */
export function phasesFor(observer: Observer, signal?: AbortSignal): Phase {
  let resumed = -Infinity;
  return async (name, done, total) => {
    observer.phase?.(name, done, total);
    if (performance.now() - resumed > longestWait) {
      await new Promise((resume) => setTimeout(resume, 0));
      resumed = performance.now();
    }
    signal?.throwIfAborted();
  };
}

/** `phase` of an observer for one part of the work; undefined where nobody watches phases, so that short work is not held up. */
export function onDoneFor(
  name: string,
  { observer, signal }: { readonly observer?: Observer | undefined; readonly signal?: AbortSignal | undefined },
): OnDone | undefined {
  if (!observer?.phase) return undefined;
  const phase = phasesFor(observer, signal);
  return (done, total) => phase(name, done, total);
}

/** True for what `phasesFor` throws when a fit is to stop. */
export function isStop(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal !== undefined && signal.aborted && error === signal.reason;
}
