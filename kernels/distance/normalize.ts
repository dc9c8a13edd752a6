import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import forwardCode from "./normalize.wgsl" with { type: "text" };
import backwardCode from "./normalize_backward.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";

/** Length below which a row counts as this long, as PyTorch's cosine similarity has it. */
export const cosineEpsilon = 1e-8;

const uniforms = { rows: "u32", columns: "u32", scale: "f32", epsilon: "f32" } as const;
const forwardKernel = defineRowKernel({
  label: "distance.normalize",
  code: `${stableCode}\n${forwardCode}`,
  bindings: { x: "read", y: "write", norm: "write" },
  uniforms,
});
const backwardKernel = defineRowKernel({
  label: "distance.normalize_backward",
  code: `${stableCode}\n${backwardCode}`,
  bindings: { x: "read", norm: "read", dy: "read", dx: "write" },
  uniforms,
});

/** Operands and sizes that `normalize` and its way back share. */
export interface NormalizeSizes {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** Number of rows. */
  readonly rows: number;
  /** Length of a row. */
  readonly columns: number;
  /** Length that the rows get; 1 by default. */
  readonly scale?: number;
  /** Length below which a row counts as this long; 1e-8 by default. */
  readonly epsilon?: number;
}

/** Operands and sizes of `normalize`. */
export interface NormalizeOptions extends NormalizeSizes {
  /** Output, [rows, columns]. */
  readonly y: BufferSlice;
  /** Output, lengths of the rows of x, [rows]: what `normalizeBackward` needs. */
  readonly norm: BufferSlice;
}

/** y = scale x / max(|x|, epsilon), row by row: products of such rows are cosines. */
export function normalize(launcher: Launcher, options: NormalizeOptions): void {
  const { x, y, norm, rows, columns, scale = 1, epsilon = cosineEpsilon } = options;
  dispatchRows(launcher, forwardKernel, { x, y, norm }, { rows, columns, scale, epsilon }, { rows, columns });
}

/** Operands and sizes of `normalizeBackward`. */
export interface NormalizeBackwardOptions extends NormalizeSizes {
  /** What `normalize` gave, [rows]. */
  readonly norm: BufferSlice;
  /** [rows, columns] */
  readonly dy: BufferSlice;
  /** Output, [rows, columns]. */
  readonly dx: BufferSlice;
}

/** dx of `normalize`; a row shorter than epsilon gets scale / epsilon dy. */
export function normalizeBackward(launcher: Launcher, options: NormalizeBackwardOptions): void {
  const { x, norm, dy, dx, rows, columns, scale = 1, epsilon = cosineEpsilon } = options;
  dispatchRows(launcher, backwardKernel, { x, norm, dy, dx }, { rows, columns, scale, epsilon }, { rows, columns });
}
