import code from "./euclidean.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";

const [squaredKernel, rootKernel] = [0, 1].map((root) =>
  defineRowKernel({
    label: root ? "distance.euclidean" : "distance.euclidean_squared",
    code,
    bindings: { x: "read", y: "read", distance: "write", gradient: "write" },
    uniforms: { rows: "u32", columns: "u32" },
    constants: { root },
  })
);

/** Operands and sizes of `euclidean`. */
export interface EuclideanOptions {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** [rows, columns] */
  readonly y: BufferSlice;
  /** Output, [rows]. */
  readonly distance: BufferSlice;
  /** Output, [rows, columns]: gradient of each distance for its row of x; for y it is the negative. */
  readonly gradient: BufferSlice;
  /** Number of pairs. */
  readonly rows: number;
  /** Length of a row. */
  readonly columns: number;
  /** Leaves the root out: Σ (x - y)². */
  readonly squared?: boolean;
}

/** |x - y| of paired rows with its gradient, which is 0 where the rows are equal; or |x - y|². */
export function euclidean(launcher: Launcher, options: EuclideanOptions): void {
  const { x, y, distance, gradient, rows, columns, squared = false } = options;
  const kernel = squared ? squaredKernel! : rootKernel!;
  dispatchRows(launcher, kernel, { x, y, distance, gradient }, { rows, columns }, { rows, columns });
}
