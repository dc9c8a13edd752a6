import { broadcastShape } from "../../kernels/elementwise/broadcast_axes.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { copyStrided, stridesOf } from "../../kernels/shape/copy_strided.ts";
import { type Op, op } from "../autograd.ts";
import { sameShape, shapeText } from "../tensors/shapes.ts";
import type { Shape } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { gradientOf } from "./broadcast.ts";

/**
 * x repeated along its axes of 1, and along new ones before the first, to a given shape. The repetitions are copies.
 *
 * @throws ShapeError when the shape asks for anything else
 */
export const expand: Op<{ readonly x: Tensor }, { readonly shape: Shape }> = op("expand", {
  u32: ["x"],
  forward({ x }: { readonly x: Tensor }, { shape }: { readonly shape: Shape }) {
    if (!sameShape(broadcastShape(x.shape, shape, "expand: "), shape)) {
      throw new ShapeError(`expand: ${shapeText(x.shape)} does not repeat to ${shapeText(shape)}.`);
    }
    const y = x.engine.empty(shape, x.type);
    const own = stridesOf(x.shape), to = stridesOf(shape), missing = shape.length - x.shape.length;
    const repeats = (axis: number) => (x.shape[axis - missing] ?? 1) === 1;
    copyStrided(x.engine.stream, {
      source: x.slice,
      destination: y.slice,
      axes: shape.map((size, axis) => ({ size, from: repeats(axis) ? 0 : own[axis - missing]!, to: to[axis]! })),
    });
    return y;
  },
  backward: ({ inputs: { x } }, dy) => ({ x: (into) => gradientOf(x.shape, dy, into) }),
});
