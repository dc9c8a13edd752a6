import { type BinaryOperation, broadcastBinary } from "../../kernels/elementwise/binary.ts";
import { broadcastShape } from "../../kernels/elementwise/broadcast_axes.ts";
import { sumToShape } from "../../kernels/reduction/sum_to_shape.ts";
import { sameShape } from "../tensors/shapes.ts";
import type { Shape } from "../tensors/storage.ts";
import type { GradientTarget, Tensor } from "../tensors/tensor.ts";

/** Arithmetic on two tensors whose shapes fit together, without a backward pass. @throws ShapeError when they do not fit */
export function combine(operation: BinaryOperation, a: Tensor, b: Tensor): Tensor {
  const y = a.engine.empty(broadcastShape(a.shape, b.shape, `${operation}: `));
  broadcastBinary(a.engine.stream, operation, {
    a: a.slice,
    aShape: a.shape,
    b: b.slice,
    bShape: b.shape,
    y: y.slice,
  });
  return y;
}

/** The gradient of an operand that was repeated to dy's shape: `scale` times the sums over what it was repeated along. */
export function gradientOf(shape: Shape, dy: Tensor, into: GradientTarget, scale = 1): Tensor {
  if (scale === 1 && sameShape(shape, dy.shape)) return dy;
  const gradient = into.tensor;
  sumToShape(dy.engine.stream, {
    x: dy.slice,
    xShape: dy.shape,
    y: gradient.slice,
    yShape: shape,
    scale,
    accumulate: into.accumulate,
  });
  return gradient;
}
