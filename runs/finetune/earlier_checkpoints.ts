import type { GradScalerState } from "../../engine/optim/grad_scaler.ts";
import type { EarlierForms } from "../../recipes/training/checkpoint.ts";

/** Where fine-tuning stood, as earlier versions kept it. */
interface EarlierPosition {
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
  readonly lossSum: number;
  /** How many losses are in the sum. */
  readonly finite: number;
  readonly losses: readonly number[];
  readonly scaling: GradScalerState | null;
}

/** Checkpoints of fine-tuning from before it had the form of all others. */
export const earlierForms: EarlierForms = {
  signed: ["metrograd finetune checkpoint 2"],
  unsigned: ["metrograd finetune checkpoint 1"],
  stateOf({ position = "", fingerprint = "" }) {
    const { epoch, batch, step, lossSum, finite, losses, scaling } = JSON.parse(position) as EarlierPosition;
    const lostSteps = batch - finite;
    return {
      position: { epoch, batch, step, lossSum, normSum: 0, skippedSteps: lostSteps, lostSteps },
      // The settings have both.
      seed: NaN,
      learningRate: NaN,
      lossScale: scaling,
      schedule: null,
      losses,
      fingerprint,
    };
  },
};
