import { type AxisView, axisView } from "../../kernels/reduction/axis.ts";
import { maxAxis, maxAxisBackward } from "../../kernels/reduction/max_axis.ts";
import { logSumExp, softmax } from "../../kernels/reduction/softmax.ts";
import { sumAxis } from "../../kernels/reduction/sum_axis.ts";
import { type Op, op } from "../autograd.ts";
import type { ReductionOptions } from "../tensors/op_options.ts";
import type { Shape } from "../tensors/storage.ts";
import type { IndexTensor, Tensor } from "../tensors/tensor.ts";
import { combine } from "./broadcast.ts";

/** The input of a reduction. */
export interface ReductionInputs {
  /** Any shape. */
  readonly x: Tensor;
}

interface Reduced {
  readonly view: AxisView;
  /** Shape of the result. */
  readonly shape: Shape;
  /** The same with the reduced axes as 1, which repeats along x. */
  readonly kept: Shape;
}

function reduced(x: Tensor, { axis = null, keepdim = false }: ReductionOptions): Reduced {
  const view = axisView(x.shape, axis);
  const reduces = (at: number) => axis === null || at === (axis < 0 ? axis + x.shape.length : axis);
  const kept = x.shape.map((size, at) => reduces(at) ? 1 : size);
  return { view, kept, shape: keepdim ? kept : x.shape.filter((_, at) => !reduces(at)) };
}

function sumOp(name: string, scaleOf: (view: AxisView) => number): Op<ReductionInputs, ReductionOptions> {
  return op(name, {
    forward({ x }: ReductionInputs, options: ReductionOptions) {
      const { view, shape } = reduced(x, options);
      const y = x.engine.empty(shape);
      sumAxis(x.engine.stream, { x: x.slice, y: y.slice, ...view, scale: scaleOf(view) });
      return y;
    },
    backward: ({ inputs: { x }, options }, dy) => ({
      x() {
        const { view, kept } = reduced(x, options);
        return combine("multiply", x.engine.full(x.shape, scaleOf(view)), dy.detach(kept));
      },
    }),
  });
}

/** Sum along an axis, or of all elements: [.., size, ..] → [.., ..]. @throws ShapeError when there is no such axis */
export const sum: Op<ReductionInputs, ReductionOptions> = sumOp("sum", () => 1);

/** Mean along an axis, or of all elements: [.., size, ..] → [.., ..]. @throws ShapeError when there is no such axis */
export const mean: Op<ReductionInputs, ReductionOptions> = sumOp("mean", ({ size }) => 1 / size);

/**
 * Greatest element along an axis, or of all: [.., size, ..] → [.., ..]. Of equal ones the first gets the gradient. NaN is
 * greater than any number.
 *
 * @throws ShapeError when there is no such axis, or nothing along it
 */
export const max: Op<ReductionInputs, ReductionOptions> = op("max", {
  forward({ x }: ReductionInputs, options: ReductionOptions, save: (position: Tensor) => void) {
    const { y, position } = greatest(x, options);
    save(position);
    return y;
  },
  backward: ({ inputs: { x }, options, saved: position }, dy) => ({
    x() {
      const { view } = reduced(x, options);
      const dx = x.engine.empty(x.shape);
      maxAxisBackward(x.engine.stream, { dy: dy.slice, position: position.slice, dx: dx.slice, ...view });
      return dx;
    },
  }),
});

/**
 * Position (u32) of the greatest element along an axis, or of all; of the first where some are equal. No gradient flows
 * through it.
 *
 * @throws ShapeError when there is no such axis, or nothing along it
 */
export function argmax(inputs: ReductionInputs, options: ReductionOptions = {}): IndexTensor {
  return positionOfGreatest(inputs, options) as IndexTensor;
}

const positionOfGreatest: Op<ReductionInputs, ReductionOptions> = op("argmax", {
  forward: ({ x }: ReductionInputs, options: ReductionOptions) => greatest(x, options).position,
});

function greatest(x: Tensor, options: ReductionOptions): { y: Tensor; position: Tensor } {
  const { view, shape } = reduced(x, options);
  const y = x.engine.empty(shape), position = x.engine.empty(shape, "u32");
  maxAxis(x.engine.stream, { x: x.slice, y: y.slice, position: position.slice, ...view });
  return { y, position };
}

/**
 * log Σ eˣ along an axis, or of all elements: [.., size, ..] → [.., ..]. Holds for any size of x.
 *
 * @throws ShapeError when there is no such axis
 */
export const logsumexp: Op<ReductionInputs, ReductionOptions> = op("logsumexp", {
  forward({ x }: ReductionInputs, options: ReductionOptions) {
    const { view, shape } = reduced(x, options);
    const y = x.engine.empty(shape);
    logSumExp(x.engine.stream, { x: x.slice, y: y.slice, ...view });
    return y;
  },
  backward: ({ inputs: { x }, options }, dy) => ({
    x() {
      const { view, kept } = reduced(x, options);
      // From x, not from the result: e to a rounded exponent would be off by the exponent's size.
      const shares = x.engine.empty(x.shape);
      softmax(x.engine.stream, "softmax", { x: x.slice, y: shares.slice, ...view });
      return combine("multiply", shares, dy.detach(kept));
    },
  }),
});
