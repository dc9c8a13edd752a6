import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import sumsCode from "./exponential_sums.wgsl" with { type: "text" };
import exponentialsCode from "./exponentials.wgsl" with { type: "text" };
import exponentialsRowsCode from "./exponentials_rows.wgsl" with { type: "text" };
import logSumExpCode from "./log_sum_exp.wgsl" with { type: "text" };
import forwardCode from "./softmax.wgsl" with { type: "text" };
import backwardCode from "./softmax_backward.wgsl" with { type: "text" };
import backwardRowsCode from "./softmax_backward_rows.wgsl" with { type: "text" };
import rowsCode from "./softmax_rows.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, expectRounds, type Launcher } from "../launcher.ts";
import { type AxisView, rowForm } from "./axis.ts";
import { fill } from "../elementwise/fill.ts";

const uniforms = { outer: "u32", size: "u32", inner: "u32" } as const;
const strided = [stableCode, sumsCode, exponentialsCode].join("\n");
const inRows = [stableCode, sumsCode, exponentialsRowsCode].join("\n");

const kernelsOf = (name: string, logarithm: 0 | 1) => {
  const forward = (label: string, code: string) =>
    defineKernel({ label, code, bindings: { x: "read", y: "write" }, uniforms, constants: { logarithm } });
  const backward = (label: string, code: string) =>
    defineKernel({ label, code, bindings: { y: "read", dy: "read", dx: "write" }, uniforms, constants: { logarithm } });
  return {
    forward: {
      strided: forward(name, `${strided}\n${forwardCode}`),
      rows: forward(`${name}.rows`, `${inRows}\n${rowsCode}`),
    },
    backward: {
      strided: backward(`${name}.backward`, backwardCode),
      rows: backward(`${name}.backward.rows`, backwardRowsCode),
    },
  };
};
const kernels = { softmax: kernelsOf("softmax", 0), log_softmax: kernelsOf("log_softmax", 1) };

const logSumExpKernel = (label: string, prelude: string) =>
  defineKernel({ label, code: `${prelude}\n${logSumExpCode}`, bindings: { x: "read", y: "write" }, uniforms });
const logSumExpKernels = {
  strided: logSumExpKernel("log_sum_exp", strided),
  rows: logSumExpKernel("log_sum_exp.rows", inRows),
};

/** Rounds of loops for a line, through which all go up to three times. */
const roundsOf = (form: "rows" | "strided", size: number) => form === "rows" ? 3 * size / 4 + 3 : 3 * size;

/** Softmax, or its logarithm. */
export type SoftmaxKind = "softmax" | "log_softmax";

/** Operands and sizes of `softmax` and `logSumExp`. */
export interface SoftmaxOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, [outer, size, inner], or [outer, inner] of `logSumExp`. */
  readonly y: BufferSlice;
}

/**
 * y = eˣ / Σ eˣ along the middle axis, or its logarithm. x may be of any size.
 *
 * @throws ShapeError when the axis is longer than the device can loop over
 */
export function softmax(launcher: Launcher, kind: SoftmaxKind, { x, y, outer, size, inner }: SoftmaxOptions): void {
  const { form, workgroups } = rowForm({ outer, size, inner });
  expectRounds(launcher, `${kind} of ${size} elements`, roundsOf(form, size));
  launcher.dispatch(kernels[kind].forward[form], { x, y }, { outer, size, inner }, workgroups);
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
  const { form, workgroups } = rowForm({ outer, size, inner });
  expectRounds(launcher, `${kind} of ${size} elements`, roundsOf(form, size));
  launcher.dispatch(kernels[kind].backward[form], { y, dy, dx }, { outer, size, inner }, workgroups);
}

/** y = log Σ eˣ along the middle axis, [outer, size, inner] to [outer, inner]. x may be of any size. */
export function logSumExp(launcher: Launcher, { x, y, outer, size, inner }: SoftmaxOptions): void {
  if (size === 0) return fill(launcher, { y, count: outer * inner, value: -Infinity });
  const { form } = rowForm({ outer, size, inner });
  expectRounds(launcher, `log sum exp of ${size} elements`, roundsOf(form, size));
  launcher.dispatch(logSumExpKernels[form], { x, y }, { outer, size, inner }, elementGrid(outer * inner));
}
