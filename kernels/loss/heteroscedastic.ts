import code from "./heteroscedastic.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import { type LossOptions, withReduction } from "./reduction.ts";

/** Operands and sizes of `heteroscedastic`. */
export interface HeteroscedasticOptions extends LossOptions {
  /** [count, 2]: the mean in column 0, the log-variance in column 1. */
  readonly prediction: BufferSlice;
  /** Output, [count, 2]: gradient of the loss for the prediction, for an upstream gradient of 1. */
  readonly gradient: BufferSlice;
}

const kernels = [0, 1].map((weighted) =>
  defineKernel({
    label: "loss.heteroscedastic",
    code,
    bindings: { prediction: "read", target: "read", weight: "read", loss: "write", gradient: "write" },
    uniforms: { count: "u32", gradient_scale: "f32" },
    constants: { weighted },
  })
);

/**
 * (mean - target)² / (exp(v) + 1e-6) + v with its gradients, v the log-variance clamped to ±10 (beyond which it has
 * gradient 0).
 *
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export function heteroscedastic(launcher: Launcher, options: HeteroscedasticOptions): void {
  const { prediction, target, weight, gradient, count } = options;
  withReduction(launcher, options, (loss, gradient_scale) =>
    launcher.dispatch(
      kernels[weight ? 1 : 0]!,
      { prediction, target, weight: weight ?? target, loss, gradient },
      { count, gradient_scale },
      elementGrid(count),
    ));
}
