import code from "./sum_axis.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, expectRounds, type Launcher } from "../launcher.ts";
import type { AxisView } from "./axis.ts";
import { sumAll } from "./sum_all.ts";
import { sumColumns } from "./sum_columns.ts";
import { sumRows } from "./sum_rows.ts";

const kernel = defineKernel({
  label: "sum_axis",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: { outer: "u32", size: "u32", inner: "u32", scale: "f32", accumulate: "u32" },
});

/** Operands and sizes of `sumAxis`. */
export interface SumAxisOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, [outer, inner]. */
  readonly y: BufferSlice;
  /** Factor on the sums: 1 / size gives means. */
  readonly scale?: number;
  /** Adds to what y holds. */
  readonly accumulate?: boolean;
}

/**
 * y = scale * the sum of x along its middle axis, [outer, size, inner] to [outer, inner].
 *
 * @throws ShapeError when the axis is longer than the device can loop over
 */
export function sumAxis(launcher: Launcher, options: SumAxisOptions): void {
  const { x, y, outer, size, inner, scale = 1, accumulate = false } = options;
  if (outer === 1 && inner === 1) {
    sumAll(launcher, { x, y, count: size, scale, accumulate });
  } else if (outer === 1) {
    sumColumns(launcher, { x, y, rows: size, columns: inner, scale, accumulate });
  } else if (inner === 1 && !accumulate) {
    sumRows(launcher, { x, y, rows: outer, columns: size, scale });
  } else {
    expectRounds(launcher, `a sum of ${size} elements`, Math.ceil(size / 4) + 3);
    const uniforms = { outer, size, inner, scale, accumulate: accumulate ? 1 : 0 };
    launcher.dispatch(kernel, { x, y }, uniforms, elementGrid(outer * inner));
  }
}
