import { axisView } from "../../kernels/reduction/axis.ts";
import { softmax as launch, softmaxBackward, type SoftmaxKind } from "../../kernels/reduction/softmax.ts";
import { type Op, op } from "../autograd.ts";
import type { SoftmaxOptions } from "../tensors/op_options.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** The input of `softmax` and `logSoftmax`. */
export interface SoftmaxInputs {
  /** Any shape; the result has the same. */
  readonly x: Tensor;
}

function softmaxOp(kind: SoftmaxKind): Op<SoftmaxInputs, SoftmaxOptions> {
  return op(kind, {
    forward({ x }: SoftmaxInputs, { axis = -1 }: SoftmaxOptions) {
      const y = x.engine.empty(x.shape);
      launch(x.engine.stream, kind, { x: x.slice, y: y.slice, ...axisView(x.shape, axis) });
      return y;
    },
    backward: ({ options: { axis = -1 }, output: y }, dy) => ({
      x() {
        const dx = y.engine.empty(y.shape);
        softmaxBackward(y.engine.stream, kind, {
          y: y.slice,
          dy: dy.slice,
          dx: dx.slice,
          ...axisView(y.shape, axis),
        });
        return dx;
      },
    }),
  });
}

/** eˣ / Σ eˣ along an axis: shares that are positive and sum to 1. @throws ShapeError when there is no such axis */
export const softmax: Op<SoftmaxInputs, SoftmaxOptions> = softmaxOp("softmax");

/** x - log Σ eˣ along an axis, the logarithm of `softmax`. @throws ShapeError when there is no such axis */
export const logSoftmax: Op<SoftmaxInputs, SoftmaxOptions> = softmaxOp("log_softmax");
