import code from "./l21_norm.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, expectRounds, type Launcher, workgroupGrid } from "../launcher.ts";
import type { AxisView } from "../reduction/axis.ts";
import { withReduction } from "./reduction.ts";

const kernel = defineKernel({
  label: "loss.l21_norm",
  code,
  bindings: { x: "read", norm: "write", gradient: "write" },
  uniforms: { outer: "u32", size: "u32", inner: "u32" },
});

/** Operands and sizes of `l21Norm`. */
export interface L21NormOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, one element. */
  readonly loss: BufferSlice;
  /** Output, [outer, size, inner]: gradient of the loss for an upstream gradient of 1. */
  readonly gradient: BufferSlice;
}

/**
 * Sum of the Euclidean norms along the middle axis, which drives whole groups of weights to 0, with its gradient, 0 for a
 * group of zeros.
 *
 * @see Yuan, Lin, "Model selection and estimation in regression with grouped variables" (2006)
 */
export function l21Norm(launcher: Launcher, { x, loss, gradient, outer, size, inner }: L21NormOptions): void {
  const count = outer * inner;
  expectRounds(launcher, `a norm of ${size} elements`, 3 * size);
  withReduction(
    launcher,
    { reduction: "sum", loss, count },
    (norm) =>
      launcher.dispatch(kernel, { x, norm, gradient }, { outer, size, inner }, workgroupGrid(Math.ceil(count / 8))),
  );
}
