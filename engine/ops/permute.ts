import { copyStrided, stridesOf } from "../../kernels/shape/copy_strided.ts";
import { transpose as transposeMatrices } from "../../kernels/shape/transpose.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import type { TransposeOptions } from "../tensors/op_options.ts";
import { axisOf, shapeText } from "../tensors/shapes.ts";
import { elementCount } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Options of `permute`. */
export interface PermuteOptions {
  /** For each axis of the result the axis of x that it is, counted from the last where negative. */
  readonly order: readonly number[];
}

/**
 * The same elements with the axes in another order: axis i of the result is axis `order[i]` of x.
 *
 * @throws ShapeError when the order does not name each axis once
 */
export const permute: Op<{ readonly x: Tensor }, PermuteOptions> = op("permute", {
  u32: ["x"],
  forward: ({ x }: { readonly x: Tensor }, { order }: PermuteOptions) => permuted(x, axesOf(x, order)),
  backward: ({ inputs: { x }, options: { order } }, dy) => ({
    x() {
      const axes = axesOf(x, order);
      return permuted(dy, axes.map((_, axis) => axes.indexOf(axis)));
    },
  }),
});

/** x with two axes swapped. @throws ShapeError when there is no such axis */
export function transpose({ x }: { readonly x: Tensor }, { axes = [-2, -1] }: TransposeOptions = {}): Tensor {
  const [a, b] = [axisOf(x.shape, axes[0]), axisOf(x.shape, axes[1])];
  const order = x.shape.map((_, axis) => axis === a ? b : axis === b ? a : axis);
  return permute({ x }, { order });
}

function axesOf(x: Tensor, order: readonly number[]): number[] {
  const axes = order.map((axis) => axisOf(x.shape, axis));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw new ShapeError(`permute: [${order.join(", ")}] does not name each axis of ${shapeText(x.shape)} once.`);
  }
  return axes;
}

function permuted(x: Tensor, axes: readonly number[]): Tensor {
  const shape = axes.map((axis) => x.shape[axis]!);
  const y = x.engine.empty(shape, x.type);
  // Where the first axes stay and two blocks of the others change places, it is a transposition of matrices.
  const first = axes.findIndex((axis, i) => axis !== i), middle = axes[first] ?? 0, turned = axes.length - first;
  if (first >= 0 && axes.slice(first).every((axis, i) => axis === first + (middle - first + i) % turned)) {
    const [leading, rows] = [x.shape.slice(0, first), x.shape.slice(first, middle)].map(elementCount);
    transposeMatrices(x.engine.stream, {
      x: x.slice,
      y: y.slice,
      rows: rows!,
      columns: elementCount(x.shape.slice(middle)),
      batch: leading!,
    });
    return y;
  }
  const from = stridesOf(x.shape), to = stridesOf(shape);
  copyStrided(x.engine.stream, {
    source: x.slice,
    destination: y.slice,
    axes: axes.map((axis, i) => ({ size: shape[i]!, from: from[axis]!, to: to[i]! })),
  });
  return y;
}
