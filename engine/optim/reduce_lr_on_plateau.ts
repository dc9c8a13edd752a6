import { expectSettings } from "../../kernels/settings.ts";

/** State of a plateau schedule, as a checkpoint keeps it. */
export interface PlateauState {
  /** Best figure so far. */
  best: number;
  /** Epochs in a row without a better one. */
  badEpochs: number;
  /** Epochs left in which none is counted. */
  cooldownLeft: number;
}

/** Settings of `ReduceLROnPlateau`; the names and defaults are PyTorch's. */
export interface PlateauOptions {
  /** Whether less ("min", the default) or more is better. */
  readonly mode?: "min" | "max";
  /** What the learning rate is multiplied by; 0.1 by default. */
  readonly factor?: number;
  /** Epochs without a better figure that are borne; 10 by default. */
  readonly patience?: number;
  /** Change that counts as better; 1e-4 by default. */
  readonly threshold?: number;
  /**
   * What the threshold is a part of. "rel", the default, is PyTorch's: of the best figure, which is of use only for figures
   * above 0, since below it a figure that stays the same counts as better. "rel_abs" is of the best figure's size, for
   * figures of any sign. "abs" takes the threshold as it is.
   */
  readonly thresholdMode?: "rel" | "rel_abs" | "abs";
  /** Epochs after a cut in which none is counted; 0 by default. */
  readonly cooldown?: number;
  /** Lowest learning rate; 0 by default. */
  readonly minLr?: number;
  /** Cuts smaller than this are left out; 1e-8 by default. */
  readonly eps?: number;
}

/**
 * Multiplies the learning rate by `factor` when a figure has not become better for more than `patience` epochs in a
 * row. Better means below best (1 - threshold), or above best (1 + threshold) where more is better; for figures below 0 see
 * `thresholdMode`.
 */
export class ReduceLROnPlateau {
  readonly #options: Required<PlateauOptions>;
  /** All it remembers. */
  state: PlateauState;

  /** Watches over an optimiser's learning rate. @throws UsageError naming a setting that cannot be taken */
  constructor(readonly optimizer: { lr: number }, options: PlateauOptions = {}) {
    expectSettings("ReduceLROnPlateau", options, {
      mode: ["min", "max"],
      factor: { from: 0, to: 1 },
      patience: { from: 0, infinite: true },
      threshold: { from: 0 },
      thresholdMode: ["rel", "rel_abs", "abs"],
      cooldown: { from: 0, infinite: true },
      minLr: { from: 0 },
      eps: { from: 0 },
    });
    this.#options = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    this.state = { best: this.#options.mode === "min" ? Infinity : -Infinity, badEpochs: 0, cooldownLeft: 0 };
  }

  /** Takes an epoch's figure. True when the learning rate was cut. */
  step(figure: number): boolean {
    const { factor, patience, cooldown, minLr, eps } = this.#options;
    const { state } = this;
    if (this.#isBetter(figure)) {
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

  #isBetter(figure: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const { best } = this.state, sign = mode === "min" ? -1 : 1;
    // The first figure: an infinity has no part.
    if (!Number.isFinite(best)) return sign * figure > sign * best;
    const scale = { rel: best, rel_abs: Math.abs(best), abs: 1 }[thresholdMode];
    return sign * figure > sign * (best + sign * threshold * scale);
  }
}
