import { gatherRows, scatterRows } from "../../kernels/embedding/embedding.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/** Inputs of `embedding`. */
export interface EmbeddingInputs {
  /** The table, [rows, columns]. */
  readonly weight: Tensor;
  /** Numbers of rows (u32), any shape. */
  readonly index: Tensor;
}

/**
 * Rows of a table by index: `weight` [rows, columns], `index` [...] (u32) → [..., columns]. Rows that are named more than
 * once get the sum of their gradients, added in the order of the index.
 *
 * @throws ShapeError when weight is no matrix or index does not hold indices
 */
export const embedding: Op<EmbeddingInputs> = op("embedding", {
  forward({ weight, index }: EmbeddingInputs) {
    const [rows, columns] = weight.shape;
    if (weight.shape.length !== 2 || index.type !== "u32") {
      throw new ShapeError(
        `embedding: a table [rows, columns] and u32 indices are expected, but got ${
          shapeText(weight.shape)
        } and ${index.type}.`,
      );
    }
    const y = weight.engine.empty([...index.shape, columns!]);
    gatherRows(weight.engine.stream, {
      table: weight.slice,
      index: index.slice,
      y: y.slice,
      count: index.size,
      rows: rows!,
      columns: columns!,
    });
    return y;
  },
  backward: ({ inputs: { weight, index } }, dy) => ({
    weight(into) {
      const gradient = into?.tensor ?? weight.engine.empty(weight.shape);
      scatterRows(weight.engine.stream, {
        dy: dy.slice,
        index: index.slice,
        tableGradient: gradient.slice,
        count: index.size,
        rows: weight.shape[0]!,
        columns: weight.shape[1]!,
        accumulate: into?.accumulate ?? false,
      });
      return gradient;
    },
  }),
});
