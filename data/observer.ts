import type { EncodingCounts, EncodingProgress } from "../encoders/encode_texts.ts";
import type { EpochFigures } from "../runs/results/history.ts";
import type { RowCounts } from "../runs/prepare/prepare.ts";

/** Takes short sentences for whoever watches a piece of work. */
export interface Reporter {
  /** Something worth knowing: what is used, what was found. */
  note(sentence: string): void;
  /** Something that is probably not meant. */
  warn(sentence: string): void;
  /** A part of the work that has no steps is under way, such as a fit in closed form; counts where they are known. */
  phase?(name: string, done?: number, total?: number): void;
  /** A pretrained encoder is at work. */
  encoding?(progress: EncodingProgress): void;
  /** A pretrained encoder is done. */
  encoded?(counts: EncodingCounts): void;
}

/** Watches training. The command line prints it; a library user may hand in any object like it. */
export interface TrainReporter extends Reporter {
  /** The adapter that the work runs on. */
  adapter(adapter: { readonly description: string; readonly backend: string; readonly software: boolean }): void;
  /** The data is read: what is trained on. */
  prepared?(data: {
    readonly counts: RowCounts;
    /** Kind of the sample weights. */
    readonly weights: string;
  }): void;
  /** Training begins; `epochsDone` is not 0 when a run goes on, `fitted` says that the model is fitted in closed form. */
  start(plan: { readonly epochs: number; readonly epochsDone: number; readonly fitted: boolean }): void;
  /** Some batches are done; `loss` is the last one's. */
  step(progress: {
    /** The epoch that is under way, counted from 1. */
    readonly epoch: number;
    /** Batches of it that are done. */
    readonly batch: number;
    readonly batches: number;
    readonly loss: number;
  }): void;
  /** An epoch is done, or a fit in closed form; `best` when its selection figure is the lowest so far. */
  epoch(figures: EpochFigures, best: boolean): void;
  /** Training is over, for whatever reason. */
  end(): void;
}
