import { expectSettings } from "../../kernels/settings.ts";

/** State of early stopping, as a checkpoint keeps it. */
export interface EarlyStoppingState {
  /** Lowest figure so far. */
  best: number;
  /** Its epoch, from 1; 0 before the first. */
  bestEpoch: number;
  /** Epochs seen. */
  epoch: number;
}

/** Remembers the best figure so far and says when none has been better for `patience` epochs. */
export class EarlyStopping {
  /** All it remembers. */
  state: EarlyStoppingState = { best: Infinity, bestEpoch: 0, epoch: 0 };

  /** Waits `patience` epochs for a better figure. */
  constructor(readonly patience: number) {
    expectSettings("EarlyStopping", { patience }, { patience: { from: 0, infinite: true } });
  }

  /** Takes an epoch's figure (less is better). True when it is the best so far. */
  step(figure: number): boolean {
    this.state.epoch++;
    if (!(figure < this.state.best)) return false;
    this.state.best = figure;
    this.state.bestEpoch = this.state.epoch;
    return true;
  }

  /** True when training should end. */
  get stop(): boolean {
    return this.state.epoch - this.state.bestEpoch >= this.patience;
  }
}
