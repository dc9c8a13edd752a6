import code from "./heteroscedastic.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineElementwiseLoss, dispatchElementwiseLoss } from "./elementwise_loss.ts";
import type { LossOptions } from "./reduction.ts";

/** Operands and sizes of `heteroscedastic`. */
export interface HeteroscedasticOptions extends LossOptions {
  /** [count, 2]: the mean in column 0, the log-variance in column 1. */
  readonly prediction: BufferSlice;
  /** Output, [count, 2]: gradient of the loss for the prediction, for an upstream gradient of 1. */
  readonly gradient: BufferSlice;
}

const forms = defineElementwiseLoss<"prediction" | "target" | "gradient", never>({
  label: "loss.heteroscedastic",
  code,
  bindings: { prediction: "read", target: "read", weight: "read", loss: "write", gradient: "write" },
  uniforms: { count: "u32", gradient_scale: "f32" },
});

/**
 * (mean - target)² / (exp(v) + 1e-6) + v with its gradients, v the log-variance clamped to ±10 (beyond which it has
 * gradient 0).
 *
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export function heteroscedastic(launcher: Launcher, options: HeteroscedasticOptions): void {
  const { prediction, target, weight = target, gradient } = options;
  dispatchElementwiseLoss(launcher, forms, { prediction, target, weight, gradient }, {}, options);
}
