import { elementGrid, workgroupGrid } from "../launcher.ts";
import { ShapeError } from "../errors.ts";

/** A contiguous tensor seen from one of its axes: [outer, size, inner]. */
export interface AxisView {
  /** Positions before the axis. */
  readonly outer: number;
  /** Elements along the axis. */
  readonly size: number;
  /** Positions behind the axis. */
  readonly inner: number;
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/**
 * Sees a shape from one axis, or from all axes as one.
 *
 * @param axis counted from the end where it is negative; null for all
 * @throws ShapeError when there is no such axis
 */
export function axisView(shape: readonly number[], axis: number | null): AxisView {
  const at = axis === null ? 0 : axis < 0 ? axis + shape.length : axis;
  if (axis !== null && !(Number.isInteger(at) && at >= 0 && at < shape.length)) {
    throw new ShapeError(`[${shape.join(", ")}] has no axis ${axis}.`);
  }
  return axis === null
    ? { outer: 1, size: product(shape), inner: 1 }
    : { outer: product(shape.slice(0, at)), size: shape[at]!, inner: product(shape.slice(at + 1)) };
}

/**
 * Which kernel handles an axis whose sums are made by one invocation each, and its grid: `rows` reads four numbers at
 * once where they lie side by side, in workgroups of 8, `strided` is for all others, in workgroups of 64.
 */
export function rowForm({ outer, size, inner }: AxisView): { form: "rows" | "strided"; workgroups: [number, number] } {
  return inner === 1 && size % 4 === 0
    ? { form: "rows", workgroups: workgroupGrid(Math.ceil(outer / 8)) }
    : { form: "strided", workgroups: elementGrid(outer * inner) };
}
