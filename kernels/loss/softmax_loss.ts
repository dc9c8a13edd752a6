import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import code from "./softmax_loss.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";
import { type LossOptions, withReduction } from "./reduction.ts";

/** Operands and sizes of a loss of logits and classes. */
export interface ClassLossOptions extends LossOptions {
  /** [count, classes]; numbers of any size. */
  readonly logits: BufferSlice;
  /** The classes, u32 [count], each less than `classes`; another gives a loss of NaN. */
  readonly target: BufferSlice;
  /** Number of classes, 1 or more. */
  readonly classes: number;
  /** Output, [count, classes]: gradient of the loss for the logits, for an upstream gradient of 1. */
  readonly gradient: BufferSlice;
}

/** Operands of `focal`. */
export interface FocalOptions extends ClassLossOptions {
  /** How much less a sample counts that is predicted well; 2 by default. 0 gives alpha times the cross-entropy. */
  readonly gamma?: number;
  /** Factor on the loss; 1 by default. */
  readonly alpha?: number;
}

/** Operands of `hybrid`. */
export interface HybridOptions extends ClassLossOptions {
  /** What the expected class should be, f32 [count]. */
  readonly score: BufferSlice;
  /** Factor on the squared error of the expected class; 0.1 by default. */
  readonly lambda?: number;
}

const kernelsOf = (kind: number, name: string) =>
  [0, 1].map((weighted) =>
    defineRowKernel({
      label: `loss.${name}`,
      code: `${stableCode}\n${code}`,
      bindings: { logits: "read", target: "read", score: "read", weight: "read", loss: "write", gradient: "write" },
      uniforms: { rows: "u32", classes: "u32", gamma: "f32", alpha: "f32", lambda: "f32", gradient_scale: "f32" },
      constants: { kind, weighted },
    })
  );
const crossEntropyKernels = kernelsOf(0, "cross_entropy");
const focalKernels = kernelsOf(1, "focal");
const hybridKernels = kernelsOf(2, "hybrid");

/** What some of the losses need besides logits and classes. */
type Terms = Partial<Pick<FocalOptions & HybridOptions, "score" | "gamma" | "alpha" | "lambda">>;

function softmaxLoss(
  launcher: Launcher,
  kernels: typeof crossEntropyKernels,
  options: ClassLossOptions,
  { score = options.logits, gamma = 0, alpha = 1, lambda = 0 }: Terms,
): void {
  const { logits, target, weight, gradient, count: rows, classes } = options;
  withReduction(launcher, options, (loss, gradient_scale) =>
    dispatchRows(
      launcher,
      kernels[weight ? 1 : 0]!,
      { logits, target, score, weight: weight ?? logits, loss, gradient },
      { rows, classes, gamma, alpha, lambda, gradient_scale },
      { rows, columns: classes },
    ));
}

/** Cross-entropy, -log softmax(logits) at the target's class, with its gradient. */
export function crossEntropy(launcher: Launcher, options: ClassLossOptions): void {
  softmaxLoss(launcher, crossEntropyKernels, options, {});
}

/**
 * Focal loss with its gradient, which goes through p as well: alpha (1 - p)^gamma ce, with the cross-entropy ce and
 * p = exp(-ce).
 *
 * @see Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection" (2017)
 */
export function focal(launcher: Launcher, options: FocalOptions): void {
  softmaxLoss(launcher, focalKernels, options, { gamma: options.gamma ?? 2, alpha: options.alpha ?? 1 });
}

/** Cross-entropy + lambda (E - score)², with the expected class E = Σ k softmax(logits)_k, and its gradient. */
export function hybrid(launcher: Launcher, options: HybridOptions): void {
  softmaxLoss(launcher, hybridKernels, options, { score: options.score, lambda: options.lambda ?? 0.1 });
}
