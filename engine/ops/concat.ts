import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type AxisView, axisView } from "../../kernels/reduction/axis.ts";
import { type Op, op } from "../autograd.ts";
import { axisOf, sameShape, shapeText } from "../tensors/shapes.ts";
import type { GradientThunk, Tensor } from "../tensors/tensor.ts";
import { reshape } from "./reshape.ts";

/** Along which axis tensors are put together. */
export interface ConcatOptions {
  /** Counted from the last where negative; the last by default. */
  readonly axis?: number;
}

/**
 * Puts tensors side by side along an axis: [.., a, ..], [.., b, ..] → [.., a + b, ..].
 *
 * @throws ShapeError when the other axes differ, there is no such axis or nothing to put together
 */
export function concat(parts: readonly Tensor[], options: ConcatOptions = {}): Tensor {
  return concatNamed(Object.fromEntries(parts.map((part, i) => [`part ${i}`, part])), options);
}

/**
 * Puts tensors of one shape beside each other along a new axis of the result.
 *
 * @throws ShapeError when the shapes differ, there is no such axis or nothing to put together
 */
export function stack(parts: readonly Tensor[], { axis = -1 }: ConcatOptions = {}): Tensor {
  const [first] = parts;
  if (!first) throw new ShapeError("stack: there is no tensor to put together.");
  const at = axisOf([...first.shape, 1], axis);
  const raised = parts.map((x) => {
    if (!sameShape(x.shape, first.shape)) {
      throw new ShapeError(`stack: ${shapeText(x.shape)} does not fit on ${shapeText(first.shape)}.`);
    }
    return reshape({ x }, { shape: x.shape.toSpliced(at, 0, 1) });
  });
  return concat(raised, { axis: at });
}

const concatNamed: Op<Readonly<Record<string, Tensor>>, ConcatOptions> = op("concat", {
  u32: "all",
  forward(inputs: Readonly<Record<string, Tensor>>, { axis = -1 }: ConcatOptions) {
    const parts = Object.values(inputs);
    const [first] = parts;
    if (!first) throw new ShapeError("concat: there is no tensor to put together.");
    const at = axisOf(first.shape, axis);
    for (const part of parts) {
      if (!sameShape(part.shape.toSpliced(at, 1), first.shape.toSpliced(at, 1))) {
        throw new ShapeError(`concat: ${shapeText(part.shape)} does not fit beside ${shapeText(first.shape)}.`);
      }
      if (part.type !== first.type) throw new ShapeError(`concat: ${part.type} does not fit beside ${first.type}.`);
    }
    const size = parts.reduce((sum, part) => sum + part.shape[at]!, 0);
    const y = first.engine.empty(first.shape.with(at, size), first.type);
    let from = 0;
    for (const part of parts) {
      const { outer, inner, size: own } = axisView(part.shape, at);
      copyColumns(part.engine.stream, {
        source: part.slice,
        destination: y.slice,
        rows: outer,
        width: own * inner,
        sourceColumns: own * inner,
        destinationColumns: size * inner,
        destinationFrom: from * inner,
      });
      from += own;
    }
    return y;
  },
  backward({ inputs, options: { axis = -1 }, output }, dy) {
    const { size } = axisView(output.shape, axis);
    let from = 0;
    return Object.fromEntries(
      Object.entries(inputs).map(([name, part]) => {
        const view = axisView(part.shape, axis), start = from;
        from += view.size;
        return [name, partOf(dy, size, part, view, start)];
      }),
    );
  },
});

/** The gradient of one part: what of dy's axis of `size` begins at `start`. */
function partOf(dy: Tensor, size: number, part: Tensor, { outer, inner, size: own }: AxisView, start: number) {
  const thunk: GradientThunk = (into) => {
    const dx = into.tensor;
    copyColumns(part.engine.stream, {
      source: dy.slice,
      destination: dx.slice,
      rows: outer,
      width: own * inner,
      sourceColumns: size * inner,
      sourceFrom: start * inner,
      destinationColumns: own * inner,
      accumulate: into.accumulate,
    });
    return dx;
  };
  return thunk;
}
