import type { BufferSlice, Launcher } from "../launcher.ts";
import { matmul } from "../matmul/matmul.ts";
import { pairwiseDistance, type PairwiseSizes } from "./pairwise.ts";

/** Operands of `pairwiseMahalanobis`. */
export interface PairwiseMahalanobisOptions extends PairwiseSizes {
  /** [xRows, columns] */
  readonly x: BufferSlice;
  /** [yRows, columns] */
  readonly y: BufferSlice;
  /** M itself, [columns, columns], or the factor L of M = LᵀL, [rank, columns]. */
  readonly matrix: { readonly m: BufferSlice } | { readonly l: BufferSlice; readonly rank: number };
  /** Output, [xRows, yRows]. */
  readonly distance: BufferSlice;
}

/**
 * Squared Mahalanobis distances of all rows of x to all rows of y, (x_i - y_j)ᵀ M (x_i - y_j), exactly 0 for equal rows.
 * Differences are taken before products of pairs, so that near rows keep their digits.
 *
 * @throws ShapeError when the output needs a grid that no device has
 * @see Bellet, Habrard, Sebban, "Metric learning" (2015), section 2
 */
export function pairwiseMahalanobis(launcher: Launcher, options: PairwiseMahalanobisOptions): void {
  const { x, y, matrix, distance, xRows, yRows, columns } = options;
  const width = "l" in matrix ? matrix.rank : columns;
  const project = (rows: BufferSlice, count: number) => {
    const c = launcher.scratch(4 * count * width);
    const sizes = { m: count, n: width, k: columns };
    if ("l" in matrix) matmul(launcher, { a: rows, b: matrix.l, c, ...sizes, transposeB: true });
    else matmul(launcher, { a: rows, b: matrix.m, c, ...sizes });
    return c;
  };
  const projected = { x: project(x, xRows), y: project(y, yRows) };
  if ("l" in matrix) pairwiseDistance(launcher, { ...projected, distance, xRows, yRows, columns: width });
  else pairwiseDistance(launcher, { x, y, projected, distance, xRows, yRows, columns });
  launcher.release(projected.x);
  launcher.release(projected.y);
}
