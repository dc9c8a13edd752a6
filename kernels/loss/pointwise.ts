import code from "./pointwise.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineElementwiseLoss, dispatchElementwiseLoss } from "./elementwise_loss.ts";
import type { LossOptions } from "./reduction.ts";

/** Operands and sizes of a loss of prediction - target. */
export interface PointwiseLossOptions extends LossOptions {
  /** [count] */
  readonly prediction: BufferSlice;
  /** Output, [count]: gradient of the loss for the prediction, for an upstream gradient of 1; `scaleBy` applies another. */
  readonly gradient: BufferSlice;
}

const formsOf = (kind: number, name: string) =>
  defineElementwiseLoss<"prediction" | "target" | "gradient", "delta">({
    label: `loss.${name}`,
    code,
    bindings: { prediction: "read", target: "read", weight: "read", loss: "write", gradient: "write" },
    uniforms: { count: "u32", delta: "f32", gradient_scale: "f32" },
    constants: { kind },
  });
const squared = formsOf(0, "mse");
const absolute = formsOf(1, "mae");
const huberForms = formsOf(2, "huber");

function pointwise(launcher: Launcher, forms: typeof squared, options: PointwiseLossOptions, delta: number): void {
  const { prediction, target, weight = target, gradient } = options;
  dispatchElementwiseLoss(launcher, forms, { prediction, target, weight, gradient }, { delta }, options);
}

/** Squared error, (prediction - target)², with its gradient. */
export function meanSquaredError(launcher: Launcher, options: PointwiseLossOptions): void {
  pointwise(launcher, squared, options, 0);
}

/** Absolute error, |prediction - target|, with its gradient, which is 0 where they are equal. */
export function meanAbsoluteError(launcher: Launcher, options: PointwiseLossOptions): void {
  pointwise(launcher, absolute, options, 0);
}

/**
 * Huber's loss with its gradient: d² / 2 for |d| up to `delta` (1), then delta (|d| - delta / 2), d = prediction - target.
 *
 * @see Huber, "Robust estimation of a location parameter" (1964)
 */
export function huber(launcher: Launcher, options: PointwiseLossOptions & { readonly delta?: number }): void {
  pointwise(launcher, huberForms, options, options.delta ?? 1);
}
