import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { copyStrided } from "../../kernels/shape/copy_strided.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type AxisView, axisView } from "../../kernels/reduction/axis.ts";
import { type Op, op } from "../autograd.ts";
import type { SliceOptions } from "../tensors/op_options.ts";
import { axisOf, shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** The range of an axis: x is [outer, size, inner], of which `count` positions are taken. */
interface Range extends AxisView {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * Positions `start`, `start + step`, ... to before `end` of an axis.
 *
 * @throws ShapeError when there is no such axis or the range is empty
 */
export const slice: Op<{ readonly x: Tensor }, SliceOptions> = op("slice", {
  u32: ["x"],
  forward({ x }: { readonly x: Tensor }, options: SliceOptions) {
    const range = rangeOf(x, options);
    const y = x.engine.empty(x.shape.with(axisOf(x.shape, options.axis ?? -1), range.count), x.type);
    const { outer, size, inner, start, step, count } = range;
    if (step === 1) {
      copyColumns(x.engine.stream, {
        source: x.slice,
        destination: y.slice,
        rows: outer,
        width: count * inner,
        sourceColumns: size * inner,
        sourceFrom: start * inner,
        destinationColumns: count * inner,
      });
    } else {
      copyStrided(x.engine.stream, {
        source: x.slice,
        destination: y.slice,
        axes: [
          { size: outer, from: size * inner, to: count * inner },
          { size: count, from: step * inner, to: inner },
          { size: inner, from: 1, to: 1 },
        ],
        sourceOffset: start * inner,
      });
    }
    return y;
  },
  backward: ({ inputs: { x }, options }, dy) => ({
    x(into) {
      const { outer, size, inner, start, step, count } = rangeOf(x, options);
      const dx = into.accumulate ? into.tensor : x.engine.full(x.shape, 0);
      copyStrided(x.engine.stream, {
        source: dy.slice,
        destination: dx.slice,
        axes: [
          { size: outer, from: count * inner, to: size * inner },
          { size: count, from: inner, to: step * inner },
          { size: inner, from: 1, to: 1 },
        ],
        destinationOffset: start * inner,
        accumulate: true,
      });
      return dx;
    },
  }),
});

function rangeOf(x: Tensor, { axis = -1, start = 0, end = Infinity, step = 1 }: SliceOptions): Range {
  const view = axisView(x.shape, axis);
  const fromStart = (position: number) => position < 0 ? position + view.size : Math.min(position, view.size);
  const first = fromStart(start), last = fromStart(end);
  const whole = Number.isInteger(first) && Number.isInteger(last) && Number.isInteger(step) && step > 0;
  if (!(whole && 0 <= first && first <= last)) {
    throw new ShapeError(
      `slice: ${start} to ${end} in steps of ${step} is no range of axis ${axis} of ${shapeText(x.shape)}.`,
    );
  }
  return { ...view, start: first, step, count: Math.ceil((last - first) / step) };
}
