import { expectSettings } from "../../kernels/settings.ts";

/** State of a schedule over steps, as a checkpoint keeps it. */
export interface ScheduleState {
  /** Steps taken. */
  readonly step: number;
}

/** Sets an optimiser's learning rate from the number of steps taken: at once for 0, then with every `step`. */
export class Schedule {
  #step = 0;

  /** Starts at the rate of step 0. */
  constructor(
    /** Whose learning rate is set. */
    readonly optimizer: { lr: number },
    /** The learning rate after so many steps. */
    readonly rateAt: (step: number) => number,
  ) {
    optimizer.lr = rateAt(0);
  }

  /** All it remembers. Setting it sets the learning rate of that step too. */
  get state(): ScheduleState {
    return { step: this.#step };
  }

  set state({ step }: ScheduleState) {
    expectSettings(this.constructor.name, { step }, { step: { from: 0, whole: true } });
    this.#step = step;
    this.optimizer.lr = this.rateAt(step);
  }

  /** Goes on to the next learning rate. */
  step(): void {
    this.optimizer.lr = this.rateAt(++this.#step);
  }
}

/** Settings of `CosineAnnealingLR`. */
export interface CosineAnnealingOptions {
  /** Steps to the lowest rate, which is then kept. */
  readonly total: number;
  /** Lowest rate; 0 by default. */
  readonly minLr?: number;
}

/**
 * Half a cosine from the optimiser's learning rate down to the lowest: after t steps it is
 * minLr + (lr - minLr) (1 + cos(π t / total)) / 2.
 *
 * @see Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017)
 */
export class CosineAnnealingLR extends Schedule {
  /** Starts at the optimiser's learning rate. @throws UsageError when `total` is not positive, or another number is negative or NaN */
  constructor(optimizer: { lr: number }, { total, minLr = 0 }: CosineAnnealingOptions) {
    const { lr } = optimizer;
    expectSettings("CosineAnnealingLR", { total, minLr, lr }, {
      total: { above: 0, required: true },
      minLr: { from: 0 },
      lr: { from: 0 },
    });
    super(optimizer, (t) => minLr + (lr - minLr) * (1 + Math.cos(Math.PI * Math.min(t / total, 1))) / 2);
  }
}

/** Settings of `WarmupLinearLR`. */
export interface WarmupLinearOptions {
  /** Steps to the full rate. */
  readonly warmup: number;
  /** Steps to the rate 0, which is then kept. */
  readonly total: number;
}

/** A straight line from 0 up to the optimiser's learning rate at step `warmup`, and another down to 0 at step `total`. */
export class WarmupLinearLR extends Schedule {
  /** Takes the optimiser's learning rate for the full one. @throws UsageError when `total` is not positive, or another number is negative or NaN */
  constructor(optimizer: { lr: number }, { warmup, total }: WarmupLinearOptions) {
    const { lr } = optimizer;
    expectSettings("WarmupLinearLR", { warmup, total, lr }, {
      warmup: { from: 0, required: true },
      total: { above: 0, required: true },
      lr: { from: 0 },
    });
    super(
      optimizer,
      (t) => lr * (t < warmup ? t / warmup : Math.max(total - t, 0) / Math.max(1, total - warmup)),
    );
  }
}
