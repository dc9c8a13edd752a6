import type { StepProgress } from "../../data/observer.ts";
import { StepRate } from "../../data/step_rate.ts";

/** What an epoch came to, of a scorer or an encoder; null where it is not measured. */
export interface LiveEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly rmse: number | null;
  readonly mismatched: number | null;
  readonly learningRate: number | null;
  readonly gradientNorm: number | null;
  /** True where it is the best so far. */
  readonly best: boolean;
}

/** Points of a line that are kept: of more, every other one is left out. */
const mostPoints = 800;

/** Points over time, evenly thinned where they become too many. */
export class Trace {
  readonly points: (readonly [x: number, y: number])[] = [];
  #every = 1;
  #seen = 0;

  /** Adds a point, unless it falls between those that are kept. */
  add(x: number, y: number): void {
    if (this.#seen++ % this.#every !== 0) return;
    this.points.push([x, y]);
    if (this.points.length <= mostPoints) return;
    for (let i = 0; 2 * i < this.points.length; i++) this.points[i] = this.points[2 * i]!;
    this.points.length = Math.ceil(this.points.length / 2);
    this.#every *= 2;
  }
}

/** A run as the page shows it. */
export class LiveRun {
  /** What it is at. */
  state: "preparing" | "training" | "done" = "preparing";
  /** True where the model is fitted in closed form. */
  fitted = false;
  /** Epochs in all, unless early stopping ends it. */
  epochs = 0;
  /** Epochs that are done. */
  readonly history: LiveEpoch[] = [];
  /** Loss of batches, over epochs. */
  readonly losses: Trace = new Trace();
  /** Steps a second, over epochs. */
  readonly speed: Trace = new Trace();
  /** Where it stands in an epoch; null before the first step. */
  progress: StepProgress | null = null;
  #rate: StepRate | null = null;

  constructor(
    /** What it is called; "" for one that is alone. */
    readonly name: string,
    /** A clock in milliseconds. */
    readonly now: () => number,
  ) {}

  /** Training begins, after epochs that are done. */
  start(epochs: number, history: readonly LiveEpoch[], fitted: boolean): void {
    this.state = "training";
    this.epochs = epochs;
    this.fitted = fitted;
    this.history.splice(0, Infinity, ...history);
    this.#rate = null;
    this.progress = null;
  }

  /** Some batches are done. */
  step(progress: StepProgress): void {
    const { epoch, batch, batches, loss } = progress, steps = (epoch - 1) * batches + batch;
    this.progress = progress;
    this.losses.add(steps / batches, loss);
    this.#rate ??= new StepRate(this.now(), steps);
    this.#rate.update(this.now(), steps);
    const { perSecond } = this.#rate;
    if (perSecond !== null) this.speed.add(steps / batches, perSecond);
  }

  /** Steps a second; null where it is not known. */
  get perSecond(): number | null {
    return this.#rate?.perSecond ?? null;
  }

  /** Seconds until the last epoch, if early stopping does not come first; null where it is not known. */
  get secondsLeft(): number | null {
    return this.progress && (this.#rate?.secondsTo(this.epochs * this.progress.batches) ?? null);
  }

  /** The epoch that is kept; null before the first. */
  get best(): LiveEpoch | null {
    return this.history.findLast(({ best }) => best) ?? null;
  }
}
