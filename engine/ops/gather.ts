import { ShapeError } from "../../kernels/errors.ts";
import type { BufferSlice } from "../../kernels/launcher.ts";
import { gatherRows, scatterRows } from "../../kernels/embedding/embedding.ts";
import { axisView } from "../../kernels/reduction/axis.ts";
import { topK } from "../../kernels/reduction/top_k.ts";
import { gather as launch, gatherBackward } from "../../kernels/shape/gather.ts";
import { type Op, op } from "../autograd.ts";
import type { GatherOptions } from "../tensors/op_options.ts";
import { axisOf, expectBelow, refuseF16, refuseIndices, shapeText } from "../tensors/shapes.ts";
import { rowParts } from "../tensors/sharding.ts";
import type { IndexTensor, Tensor } from "../tensors/tensor.ts";
import { slice } from "./slice.ts";

/** Inputs of `gather` and `indexSelect`. */
export interface GatherInputs {
  /** Any shape. */
  readonly x: Tensor;
  /** Positions along the axis, u32. */
  readonly index: Tensor;
}

/**
 * Elements of x by their positions along an axis, as torch.gather: `x` [.., size, ..], `index` [.., picked, ..] → the shape
 * of index. Along the other axes the index may be shorter than x, of which the first elements are then taken. An element
 * that is picked more than once gets the sum of its gradients, in their order; a position that x lacks is refused where
 * the host knows it, and gives NaN where a kernel computed it.
 *
 * @throws ShapeError when there is no such axis, the index has other axes or a longer one, is not u32, or reaches too far
 */
export function gather({ x, index }: GatherInputs, { axis = -1 }: GatherOptions = {}): Tensor {
  refuseF16("gather", "x", x);
  refuseF16("gather", "index", index);
  expectIndices("gather", index);
  const at = axisOf(x.shape, axis), sizes = index.shape;
  if (sizes.length !== x.shape.length || sizes.some((size, i) => i !== at && size > x.shape[i]!)) {
    throw new ShapeError(
      `gather: an index like ${shapeText(x.shape)}, of any size along axis ${axis}, is expected, not ${
        shapeText(sizes)
      }.`,
    );
  }
  expectBelow("gather", "index", index, x.shape[at]!, `axis ${axis} of x has positions`);
  const covered = sizes.reduce(
    (part, size, i) => i === at || size === part.shape[i] ? part : slice({ x: part }, { axis: i, end: size }),
    x,
  );
  return gatherCovered({ x: covered, index }, { axis });
}

/** `gather` where index and x differ along one axis alone. */
const gatherCovered: Op<GatherInputs, GatherOptions> = op("gather", {
  u32: ["index"],
  forward({ x, index }: GatherInputs, { axis = -1 }: GatherOptions) {
    const y = x.engine.empty(index.shape);
    launch(x.engine.stream, {
      x: x.slice,
      index: index.slice,
      y: y.slice,
      ...axisView(x.shape, axis),
      picked: index.shape[axisOf(x.shape, axis)]!,
    });
    return y;
  },
  backward: ({ inputs: { x, index }, options: { axis = -1 } }, dy) => ({
    x(into) {
      const dx = into.tensor;
      gatherBackward(x.engine.stream, {
        dy: dy.slice,
        index: index.slice,
        dx: dx.slice,
        ...axisView(x.shape, axis),
        picked: index.shape[axisOf(x.shape, axis)]!,
        accumulate: into.accumulate,
      });
      return dx;
    },
  }),
});

/**
 * Whole slices of x (f32 or u32) by their positions along an axis: `x` [.., size, ..], `index` [picked] → [.., picked, ..]. A slice that is
 * picked more than once gets the sum of its gradients, in their order; a position that x lacks is treated as by `gather`.
 * Along the first axis x may lie in several buffers.
 *
 * @throws ShapeError when there is no such axis, the index is no vector of u32, or reaches too far
 */
export const indexSelect: Op<GatherInputs, GatherOptions> = op("index_select", {
  u32: ["x", "index"],
  forward({ x, index }: GatherInputs, { axis = -1 }: GatherOptions) {
    expectIndices("index_select", index);
    if (index.shape.length !== 1) {
      throw new ShapeError(`index_select: the index is ${shapeText(index.shape)}, but one axis is expected.`);
    }
    const at = axisOf(x.shape, axis);
    expectBelow("index_select", "index", index, x.shape[at]!, `axis ${axis} of x has positions`);
    const y = x.engine.empty(x.shape.with(at, index.size), x.type);
    const lookup = { y: y.slice, ...lookupOf(x, index, axis) };
    for (const { slice: table, ...part } of lookedUp(x, at)) {
      gatherRows(x.engine.stream, { ...lookup, ...part, table, partial: part.first > 0 });
    }
    return y;
  },
  backward: ({ inputs: { x, index }, options: { axis = -1 } }, dy) => ({
    x(into) {
      const dx = into.tensor, lookup = { dy: dy.slice, ...lookupOf(x, index, axis), accumulate: into.accumulate };
      for (const { slice: tableGradient, ...part } of lookedUp(dx, axisOf(x.shape, axis))) {
        scatterRows(x.engine.stream, { ...lookup, ...part, tableGradient });
      }
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
): { values: Tensor; indices: IndexTensor } {
  refuseF16("topk", "x", x);
  refuseIndices("topk", "x", x);
  const indices = x.engine.empty(x.shape.with(axisOf(x.shape, axis), k), "u32");
  topK(x.engine.stream, { x: x.slice, position: indices.slice, k, ...axisView(x.shape, axis) });
  return { values: gather({ x, index: indices }, { axis }), indices };
}

function lookupOf(x: Tensor, index: Tensor, axis: number) {
  const { outer, size, inner } = axisView(x.shape, axis);
  return { index: index.slice, count: index.size, batch: outer, rows: size, columns: inner };
}

/** The tables that rows are looked up in: the buffers of a tensor along its first axis, else all of it. */
function lookedUp(x: Tensor, axis: number): { slice: BufferSlice; rows: number; first: number }[] {
  return axis === 0 ? rowParts(x) : [{ slice: x.slice, rows: x.shape[axis]!, first: 0 }];
}

function expectIndices(op: string, index: Tensor): void {
  if (index.type !== "u32") throw new ShapeError(`${op}: the index holds ${index.type}, but u32 is expected.`);
}
