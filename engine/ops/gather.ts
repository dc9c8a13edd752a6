import { ShapeError } from "../../kernels/errors.ts";
import { gatherRows, scatterRows } from "../../kernels/embedding/embedding.ts";
import { axisView } from "../../kernels/reduction/axis.ts";
import { topK } from "../../kernels/reduction/top_k.ts";
import { gather as launch, gatherBackward } from "../../kernels/shape/gather.ts";
import { type Op, op } from "../autograd.ts";
import { axisOf, refuseF16, sameShape, shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** Inputs of `gather` and `indexSelect`. */
export interface GatherInputs {
  /** Any shape. */
  readonly x: Tensor;
  /** Positions along the axis, u32. */
  readonly index: Tensor;
}

/** Along which axis elements are picked. */
export interface GatherOptions {
  /** Counted from the last where negative; the last by default. */
  readonly axis?: number;
}

/**
 * Elements of x by their positions along an axis: `x` [.., size, ..], `index` [.., picked, ..] → the shape of index. An
 * element that is picked more than once gets the sum of its gradients, in their order; a position that x lacks gives NaN.
 *
 * @throws ShapeError when there is no such axis, another axis differs or the index is not u32
 */
export const gather: Op<GatherInputs, GatherOptions> = op("gather", {
  forward({ x, index }: GatherInputs, { axis = -1 }: GatherOptions) {
    expectIndices("gather", index);
    const at = axisOf(x.shape, axis);
    if (index.shape.length !== x.shape.length || !sameShape(index.shape.toSpliced(at, 1), x.shape.toSpliced(at, 1))) {
      throw new ShapeError(
        `gather: an index like ${shapeText(x.shape)} but along axis ${axis} is expected, not ${
          shapeText(index.shape)
        }.`,
      );
    }
    const y = x.engine.empty(index.shape);
    launch(x.engine.stream, {
      x: x.slice,
      index: index.slice,
      y: y.slice,
      ...axisView(x.shape, axis),
      picked: index.shape[at]!,
    });
    return y;
  },
  backward: ({ inputs: { x, index }, options: { axis = -1 } }, dy) => ({
    x(into) {
      const dx = into?.tensor ?? x.engine.empty(x.shape);
      gatherBackward(x.engine.stream, {
        dy: dy.slice,
        index: index.slice,
        dx: dx.slice,
        ...axisView(x.shape, axis),
        picked: index.shape[axisOf(x.shape, axis)]!,
        accumulate: into?.accumulate ?? false,
      });
      return dx;
    },
  }),
});

/**
 * Whole slices of x by their positions along an axis: `x` [.., size, ..], `index` [picked] → [.., picked, ..]. A slice that is
 * picked more than once gets the sum of its gradients, in their order; a position that x lacks gives NaN.
 *
 * @throws ShapeError when there is no such axis or the index is no vector of u32
 */
export const indexSelect: Op<GatherInputs, GatherOptions> = op("index_select", {
  forward({ x, index }: GatherInputs, { axis = -1 }: GatherOptions) {
    expectIndices("index_select", index);
    if (index.shape.length !== 1) {
      throw new ShapeError(`index_select: the index is ${shapeText(index.shape)}, but one axis is expected.`);
    }
    const y = x.engine.empty(x.shape.with(axisOf(x.shape, axis), index.size));
    gatherRows(x.engine.stream, { table: x.slice, y: y.slice, ...lookupOf(x, index, axis) });
    return y;
  },
  backward: ({ inputs: { x, index }, options: { axis = -1 } }, dy) => ({
    x(into) {
      const dx = into?.tensor ?? x.engine.empty(x.shape);
      const accumulate = into?.accumulate ?? false;
      scatterRows(x.engine.stream, {
        dy: dy.slice,
        tableGradient: dx.slice,
        ...lookupOf(x, index, axis),
        accumulate,
      });
      return dx;
    },
  }),
});

/** Options of `topk`. */
export interface TopKOptions extends GatherOptions {
  /** How many are looked for. */
  readonly k: number;
}

/**
 * The k greatest elements along an axis, greatest first, and their positions (u32); of equal ones the first comes first.
 * The gradient goes to the elements that were found.
 *
 * @throws ShapeError when there is no such axis or it holds fewer than k
 */
export function topk(
  { x }: { readonly x: Tensor },
  { k, axis = -1 }: TopKOptions,
): { values: Tensor; indices: Tensor } {
  refuseF16("topk", "x", x);
  const indices = x.engine.empty(x.shape.with(axisOf(x.shape, axis), k), "u32");
  topK(x.engine.stream, { x: x.slice, position: indices.slice, k, ...axisView(x.shape, axis) });
  return { values: gather({ x, index: indices }, { axis }), indices };
}

function lookupOf(x: Tensor, index: Tensor, axis: number) {
  const { outer, size, inner } = axisView(x.shape, axis);
  return { index: index.slice, count: index.size, batch: outer, rows: size, columns: inner };
}

function expectIndices(op: string, index: Tensor): void {
  if (index.type !== "u32") throw new ShapeError(`${op}: the index holds ${index.type}, but u32 is expected.`);
}
