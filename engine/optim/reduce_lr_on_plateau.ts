/** State of a plateau schedule, as a checkpoint keeps it. */
export interface PlateauState {
  best: number;
  badEpochs: number;
  cooldownLeft: number;
}

/** Settings of `ReduceLROnPlateau`; the names and defaults are PyTorch's. */
export interface PlateauOptions {
  readonly mode?: "min" | "max";
  readonly factor?: number;
  readonly patience?: number;
  readonly threshold?: number;
  readonly cooldown?: number;
  readonly minLr?: number;
  readonly eps?: number;
}

/**
 * Multiplies the learning rate by `factor` when a figure has not become better for more than `patience` epochs in a
 * row. Better means below best (1 - threshold), or above best (1 + threshold) where more is better.
 */
export class ReduceLROnPlateau {
  readonly #options: Required<PlateauOptions>;
  state: PlateauState;

  constructor(readonly optimizer: { lr: number }, options: PlateauOptions = {}) {
    this.#options = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    this.state = { best: this.#options.mode === "min" ? Infinity : -Infinity, badEpochs: 0, cooldownLeft: 0 };
  }

  /** Takes an epoch's figure. True when the learning rate was cut. */
  step(figure: number): boolean {
    const { mode, factor, patience, threshold, cooldown, minLr, eps } = this.#options;
    const { state } = this;
    const better = mode === "min" ? figure < state.best * (1 - threshold) : figure > state.best * (1 + threshold);
    if (better) {
      state.best = figure;
      state.badEpochs = 0;
    } else {
      state.badEpochs++;
    }
    if (state.cooldownLeft > 0) {
      state.cooldownLeft--;
      state.badEpochs = 0;
    }
    if (state.badEpochs <= patience) return false;
    state.cooldownLeft = cooldown;
    state.badEpochs = 0;
    const lr = Math.max(this.optimizer.lr * factor, minLr);
    if (this.optimizer.lr - lr <= eps) return false;
    this.optimizer.lr = lr;
    return true;
  }
}
