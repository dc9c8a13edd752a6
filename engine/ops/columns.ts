import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type GradientThunk, type Op, op } from "../autograd.ts";
import { lastAxis, sameShape, shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** Copies `width` columns of one tensor, seen as rows of its last axis, into another. */
function copyBlock(
  source: Tensor,
  sourceColumn: number,
  destination: Tensor,
  destinationColumn: number,
  width: number,
  accumulate = false,
): void {
  const from = lastAxis(source);
  copyColumns(source.engine.stream, {
    source: source.slice,
    destination: destination.slice,
    rows: from.rows,
    sourceColumns: from.columns,
    sourceFrom: sourceColumn,
    destinationColumns: lastAxis(destination).columns,
    destinationFrom: destinationColumn,
    width,
    accumulate,
  });
}

/**
 * Puts tensors side by side along the last axis: [..., a], [..., b] → [..., a + b].
 *
 * @throws ShapeError when the other axes differ or there is nothing to put together
 */
export function concat(parts: readonly Tensor[]): Tensor {
  const named: Record<string, Tensor> = Object.fromEntries(parts.map((part, i) => [`part ${i}`, part]));
  return concatNamed(named);
}

const concatNamed: Op<Readonly<Record<string, Tensor>>> = op("concat", {
  forward(inputs: Readonly<Record<string, Tensor>>) {
    const parts = Object.values(inputs);
    const [first] = parts;
    if (!first) throw new ShapeError("concat: there is no tensor to put together.");
    const leading = first.shape.slice(0, -1);
    for (const part of parts) {
      if (!sameShape(part.shape.slice(0, -1), leading)) {
        throw new ShapeError(`concat: ${shapeText(part.shape)} does not fit beside ${shapeText(first.shape)}.`);
      }
    }
    const columns = parts.reduce((sum, part) => sum + lastAxis(part).columns, 0);
    const y = first.engine.empty([...leading, columns]);
    let at = 0;
    for (const part of parts) {
      const width = lastAxis(part).columns;
      copyBlock(part, 0, y, at, width);
      at += width;
    }
    return y;
  },
  backward({ inputs }, dy) {
    let at = 0;
    return Object.fromEntries(
      Object.entries(inputs).map(([name, part]) => {
        const from = at, width = lastAxis(part).columns;
        at += width;
        const thunk: GradientThunk = (into) => {
          const dx = into?.tensor ?? part.engine.empty(part.shape);
          copyBlock(dy, from, dx, 0, width, into?.accumulate ?? false);
          return dx;
        };
        return [name, thunk];
      }),
    );
  },
});

/** A range of columns: `from` to before `to`. */
export interface ColumnRange {
  /** First column. */
  readonly from: number;
  /** Column after the last. */
  readonly to: number;
}

/**
 * Columns `from` to before `to` of the last axis: [..., columns] → [..., to - from].
 *
 * @throws ShapeError when the range is empty or outside the tensor
 */
export const sliceColumns: Op<{ readonly x: Tensor }, ColumnRange> = op("slice_columns", {
  forward({ x }: { readonly x: Tensor }, { from, to }: ColumnRange) {
    const { columns } = lastAxis(x);
    if (!(0 <= from && from < to && to <= columns)) {
      throw new ShapeError(`slice_columns: columns ${from} to ${to} of ${shapeText(x.shape)} do not exist.`);
    }
    const y = x.engine.empty([...x.shape.slice(0, -1), to - from]);
    copyBlock(x, from, y, 0, to - from);
    return y;
  },
  backward: ({ inputs: { x }, options: { from, to } }, dy) => ({
    x(into) {
      const dx = into?.accumulate ? into.tensor : x.engine.full(x.shape, 0);
      copyBlock(dy, 0, dx, from, to - from, true);
      return dx;
    },
  }),
});
