import type { Engine } from "../../engine/engine.ts";
import { GradScaler } from "../../engine/optim/grad_scaler.ts";

/** How the products of a training step are computed; settings can name them. */
export const precisions = ["f32", "mixed"] as const;

/**
 * Below it a loss is not scaled: no gradient but one that is truly NaN or infinite overflows f16 at 1/16384 of its size.
 */
export const smallestLossScale = 2 ** -14;

/** What becomes of a step whose gradient is NaN or infinite; settings can name them. */
export const nonfiniteActions = ["stop", "skip", "reduce-scale"] as const;

/** How a trainer's losses are scaled, and which steps it leaves out. */
export interface StepPolicy {
  readonly precision: (typeof precisions)[number];
  readonly onNonfinite: (typeof nonfiniteActions)[number];
}

/** What scales losses; null where nothing does: in f32, unless the scale is to give way to gradients that overflow. */
export function scalerFor(engine: Engine, { precision, onNonfinite }: StepPolicy): GradScaler | null {
  if (precision === "mixed") return new GradScaler(engine);
  return onNonfinite === "reduce-scale" ? new GradScaler(engine, { initScale: 1 }) : null;
}

/**
 * True when training has to end at a gradient that is NaN or infinite.
 *
 * @param scale that the loss has; null for none
 */
export function endsTraining({ onNonfinite }: StepPolicy, scale: number | null): boolean {
  return onNonfinite !== "skip" && (scale === null || scale < smallestLossScale);
}

/** True when such a gradient is worth a word: in mixed precision it is how the scale of the loss is found. */
export function isUnexpected({ precision }: StepPolicy, scale: number | null): boolean {
  return precision === "f32" || scale === null || scale < smallestLossScale;
}
