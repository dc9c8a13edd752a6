import maxCode from "./max_axis.wgsl" with { type: "text" };
import maxRowsCode from "./max_rows.wgsl" with { type: "text" };
import rankCode from "./rank.wgsl" with { type: "text" };
import scatterCode from "./scatter_to_axis.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher, mostRounds } from "../launcher.ts";
import { gather } from "../shape/gather.ts";
import { type AxisView, rowForm } from "./axis.ts";
import { topK } from "./top_k.ts";
import { ShapeError } from "../errors.ts";

const uniforms = { outer: "u32", size: "u32", inner: "u32" } as const;
const maxKernel = (label: string, code: string) =>
  defineKernel({
    label,
    code: `${rankCode}\n${code}`,
    bindings: { x: "read", y: "write", position: "write" },
    uniforms,
  });
const maxKernels = { strided: maxKernel("max_axis", maxCode), rows: maxKernel("max_axis.rows", maxRowsCode) };
const scatterKernel = defineKernel({
  label: "max_axis.backward",
  code: scatterCode,
  bindings: { dy: "read", position: "read", dx: "write" },
  uniforms,
});

/** Operands and sizes of `maxAxis`. */
export interface MaxAxisOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, [outer, inner]. */
  readonly y: BufferSlice;
  /** Output, [outer, inner], u32. */
  readonly position: BufferSlice;
}

/**
 * y = the greatest element of x along its middle axis, and where it is first found. NaN counts as the greatest.
 *
 * @throws ShapeError when the axis holds nothing
 */
export function maxAxis(launcher: Launcher, { x, y, position, outer, size, inner }: MaxAxisOptions): void {
  if (size === 0) throw new ShapeError("max: an axis of 0 elements has no greatest one.");
  if (launcher.capabilities.software && size > mostRounds) {
    topK(launcher, { x, position, k: 1, outer, size, inner });
    gather(launcher, { x, index: position, y, outer, size, inner, picked: 1 });
    return;
  }
  const { form, workgroups } = rowForm({ outer, size, inner });
  launcher.dispatch(maxKernels[form], { x, y, position }, { outer, size, inner }, workgroups);
}

/** Operands and sizes of `maxAxisBackward`. */
export interface MaxAxisBackwardOptions extends AxisView {
  /** [outer, inner] */
  readonly dy: BufferSlice;
  /** [outer, inner], u32, from `maxAxis`. */
  readonly position: BufferSlice;
  /** Output, [outer, size, inner]. */
  readonly dx: BufferSlice;
}

/** dx = dy at the position of the greatest element, 0 elsewhere. */
export function maxAxisBackward(
  launcher: Launcher,
  { dy, position, dx, outer, size, inner }: MaxAxisBackwardOptions,
): void {
  launcher.dispatch(scatterKernel, { dy, position, dx }, { outer, size, inner }, elementGrid(outer * size * inner));
}
