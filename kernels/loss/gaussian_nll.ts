import code from "./gaussian_nll.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineElementwiseLoss, dispatchElementwiseLoss } from "./elementwise_loss.ts";
import type { LossOptions } from "./reduction.ts";

/** Operands and sizes of `gaussianNll`. */
export interface GaussianNllOptions extends LossOptions {
  /** [count] */
  readonly mean: BufferSlice;
  /** [count] */
  readonly variance: BufferSlice;
  /** Output, [count]: gradient of the loss for the mean, for an upstream gradient of 1. */
  readonly meanGradient: BufferSlice;
  /** Output, [count]: the same for the variance. */
  readonly varianceGradient: BufferSlice;
  /** The least variance; 1e-6 by default. The gradient passes this bound. */
  readonly epsilon?: number;
}

const forms = defineElementwiseLoss<"mean" | "variance" | "target" | "meanGradient" | "varianceGradient", "epsilon">({
  label: "loss.gaussian_nll",
  code,
  bindings: {
    mean: "read",
    variance: "read",
    target: "read",
    weight: "read",
    loss: "write",
    meanGradient: "write",
    varianceGradient: "write",
  },
  uniforms: { count: "u32", epsilon: "f32", gradient_scale: "f32" },
});

/**
 * (log variance + (mean - target)² / variance) / 2 with its gradients.
 *
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export function gaussianNll(launcher: Launcher, options: GaussianNllOptions): void {
  const { mean, variance, target, weight = target, meanGradient, varianceGradient, epsilon = 1e-6 } = options;
  const bindings = { mean, variance, target, weight, meanGradient, varianceGradient };
  dispatchElementwiseLoss(launcher, forms, bindings, { epsilon }, options);
}
