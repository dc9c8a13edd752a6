import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import exponentialsCode from "./exponentials.wgsl" with { type: "text" };
import logSumExpCode from "./log_sum_exp.wgsl" with { type: "text" };
import forwardCode from "./softmax.wgsl" with { type: "text" };
import backwardCode from "./softmax_backward.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import type { AxisView } from "./axis.ts";

const uniforms = { outer: "u32", size: "u32", inner: "u32" } as const;
const prelude = `${stableCode}\n${exponentialsCode}`;

const kernelsOf = (name: string, logarithm: 0 | 1) => ({
  forward: defineKernel({
    label: name,
    code: `${prelude}\n${forwardCode}`,
    bindings: { x: "read", y: "write" },
    uniforms,
    constants: { logarithm },
  }),
  backward: defineKernel({
    label: `${name}.backward`,
    code: backwardCode,
    bindings: { y: "read", dy: "read", dx: "write" },
    uniforms,
    constants: { logarithm },
  }),
});
const kernels = { softmax: kernelsOf("softmax", 0), log_softmax: kernelsOf("log_softmax", 1) };

const logSumExpKernel = defineKernel({
  label: "log_sum_exp",
  code: `${prelude}\n${logSumExpCode}`,
  bindings: { x: "read", y: "write" },
  uniforms,
});

/** Softmax, or its logarithm. */
export type SoftmaxKind = keyof typeof kernels;

/** Operands and sizes of `softmax` and `logSumExp`. */
export interface SoftmaxOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, [outer, size, inner], or [outer, inner] of `logSumExp`. */
  readonly y: BufferSlice;
}

/** y = eˣ / Σ eˣ along the middle axis, or its logarithm. x may be of any size. */
export function softmax(launcher: Launcher, kind: SoftmaxKind, { x, y, outer, size, inner }: SoftmaxOptions): void {
  launcher.dispatch(kernels[kind].forward, { x, y }, { outer, size, inner }, elementGrid(outer * inner));
}

/** Operands and sizes of `softmaxBackward`. */
export interface SoftmaxBackwardOptions extends AxisView {
  /** What `softmax` gave, [outer, size, inner]. */
  readonly y: BufferSlice;
  /** [outer, size, inner] */
  readonly dy: BufferSlice;
  /** Output, [outer, size, inner]. */
  readonly dx: BufferSlice;
}

/** dx = y (dy - Σ y dy) of softmax, or dy - eʸ Σ dy of its logarithm. */
export function softmaxBackward(
  launcher: Launcher,
  kind: SoftmaxKind,
  { y, dy, dx, outer, size, inner }: SoftmaxBackwardOptions,
): void {
  launcher.dispatch(kernels[kind].backward, { y, dy, dx }, { outer, size, inner }, elementGrid(outer * inner));
}

/** y = log Σ eˣ along the middle axis, [outer, size, inner] to [outer, inner]. x may be of any size. */
export function logSumExp(launcher: Launcher, { x, y, outer, size, inner }: SoftmaxOptions): void {
  launcher.dispatch(logSumExpKernel, { x, y }, { outer, size, inner }, elementGrid(outer * inner));
}
