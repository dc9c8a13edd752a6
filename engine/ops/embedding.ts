import { gatherRows, scatterRows } from "../../kernels/embedding/embedding.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectBelow, shapeText } from "../tensors/shapes.ts";
import { rowParts } from "../tensors/sharding.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Inputs of `embedding`. */
export interface EmbeddingInputs {
  /** The table, [rows, columns]. */
  readonly weight: Tensor;
  /** Numbers of rows (u32), any shape. */
  readonly index: Tensor;
}

/**
 * Rows of a table by index: `weight` [rows, columns], `index` [...] (u32) → [..., columns]. Rows that are named more than
 * once get the sum of their gradients, added in the order of the index. The table may lie in several buffers.
 *
 * @throws ShapeError when weight is no matrix, index does not hold indices, or one is known to be beyond the rows
 */
export const embedding: Op<EmbeddingInputs> = op("embedding", {
  u32: ["index"],
  forward({ weight, index }: EmbeddingInputs) {
    const columns = weight.shape[1];
    if (weight.shape.length !== 2 || index.type !== "u32") {
      throw new ShapeError(
        `embedding: a table [rows, columns] and u32 indices are expected, but got ${
          shapeText(weight.shape)
        } and ${index.type}.`,
      );
    }
    expectBelow("embedding", "index", index, weight.shape[0]!, "weight has rows");
    const y = weight.engine.empty([...index.shape, columns!]);
    const lookup = { index: index.slice, y: y.slice, count: index.size, columns: columns! };
    for (const { slice: table, ...part } of rowParts(weight)) {
      gatherRows(weight.engine.stream, { ...lookup, ...part, table, partial: part.first > 0 });
    }
    return y;
  },
  backward: ({ inputs: { weight, index } }, dy) => ({
    weight(into) {
      const gradient = into.tensor;
      const lookup = { dy: dy.slice, index: index.slice, count: index.size, columns: weight.shape[1]! };
      const accumulate = into.accumulate;
      for (const { slice: tableGradient, ...part } of rowParts(gradient)) {
        scatterRows(weight.engine.stream, { ...lookup, ...part, tableGradient, accumulate });
      }
      return gradient;
    },
  }),
});
