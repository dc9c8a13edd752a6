import forwardCode from "./rms_norm.wgsl" with { type: "text" };
import backwardCode from "./rms_norm_backward.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";
import { layerNormBackwardParameters } from "./layer_norm_backward.ts";

const sizes = { rows: "u32", columns: "u32", inverse_columns: "f32" } as const;
const forwardKernel = defineRowKernel({
  label: "rms_norm",
  code: forwardCode,
  bindings: { x: "read", weight: "read", y: "write", statistics: "write" },
  uniforms: { ...sizes, epsilon: "f32", shift: "f32" },
});
const backwardKernel = defineRowKernel({
  label: "rms_norm.backward",
  code: backwardCode,
  bindings: { x: "read", statistics: "read", weight: "read", dy: "read", dx: "write" },
  uniforms: { ...sizes, shift: "f32" },
});

/** Operands and sizes that `rmsNorm` and its gradients share. */
export interface RmsNormSizes {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** [rows, 2]: what the forward pass saves, 0 and 1 / root mean square of each row. */
  readonly statistics: BufferSlice;
  /** Rows, each normalised by itself. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
}

/** Operands of `rmsNorm`. */
export interface RmsNormOptions extends RmsNormSizes {
  /** [columns] */
  readonly weight: BufferSlice;
  /** Added to the weight: 1 where a model stores its difference from 1, as Gemma does; 0 by default. */
  readonly shift?: number;
  /** Added to the mean of squares; 1e-6 by default. */
  readonly epsilon?: number;
  /** Output, [rows, columns]. */
  readonly y: BufferSlice;
}

/**
 * y = x / sqrt(mean(x²) + epsilon) * (weight + shift) over each row.
 *
 * @see Zhang, Sennrich, "Root mean square layer normalization" (2019)
 */
export function rmsNorm(launcher: Launcher, options: RmsNormOptions): void {
  const { x, weight, y, statistics, rows, columns, epsilon = 1e-6, shift = 0 } = options;
  const uniforms = { rows, columns, inverse_columns: 1 / columns, epsilon, shift };
  dispatchRows(launcher, forwardKernel, { x, weight, y, statistics }, uniforms, { rows, columns });
}

/** dx of `rmsNorm`, [rows, columns]. */
export function rmsNormBackwardInput(
  launcher: Launcher,
  options: RmsNormSizes & Pick<RmsNormOptions, "weight" | "shift"> & {
    /** Gradient of the output, [rows, columns]. */
    readonly dy: BufferSlice;
    /** Output, [rows, columns]. */
    readonly dx: BufferSlice;
  },
): void {
  const { x, statistics, weight, dy, dx, rows, columns, shift = 0 } = options;
  const uniforms = { rows, columns, inverse_columns: 1 / columns, shift };
  dispatchRows(launcher, backwardKernel, { x, statistics, weight, dy, dx }, uniforms, { rows, columns });
}

/** dweight of `rmsNorm`, [columns], summed in a fixed order: that of layer normalisation where the mean is 0. */
export function rmsNormBackwardWeight(
  launcher: Launcher,
  options: RmsNormSizes & {
    /** Gradient of the output, [rows, columns]. */
    readonly dy: BufferSlice;
    /** Output, [columns]. */
    readonly dweight: BufferSlice;
    /** Adds to what dweight holds. */
    readonly accumulate?: boolean;
  },
): void {
  const dbias = launcher.scratch(4 * options.columns);
  layerNormBackwardParameters(launcher, { ...options, dbias });
  launcher.release(dbias);
}
