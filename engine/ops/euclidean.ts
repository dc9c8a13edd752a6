import { euclidean } from "../../kernels/distance/euclidean.ts";
import { pairwiseDifferences, pairwiseDistance, rootSlope } from "../../kernels/distance/pairwise.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, lastAxis, shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { gradientOf } from "./broadcast.ts";
import { rowGradient, rowShape } from "./row_gradient.ts";

/** Rows whose distances are wanted. */
export interface RowPairs {
  /** [..., d] for paired rows, [n, d] for all pairs. */
  readonly x: Tensor;
  /** The shape of x for paired rows, [m, d] for all pairs. */
  readonly y: Tensor;
}

/** Options of Euclidean distances. */
export interface EuclideanOptions {
  /** Leaves the root out: |x - y|². */
  readonly squared?: boolean;
}

/**
 * Euclidean distance of paired rows, |x - y|, or with `squared` its square: `x` and `y` [..., d] → [...]. Equal rows have
 * distance 0, with gradient 0.
 *
 * @throws ShapeError when x and y differ in shape
 */
export const euclideanDistance: Op<RowPairs, EuclideanOptions> = op("euclidean_distance", {
  forward({ x, y }: RowPairs, { squared = false }: EuclideanOptions, save: (gradient: Tensor) => void) {
    expectShape("euclidean_distance", "y", y, x.shape);
    const { rows, columns } = lastAxis(x);
    const distance = x.engine.empty(rowShape(x)), gradient = x.engine.empty(x.shape);
    euclidean(x.engine.stream, {
      x: x.slice,
      y: y.slice,
      distance: distance.slice,
      gradient: gradient.slice,
      rows,
      columns,
      squared,
    });
    save(gradient);
    return distance;
  },
  backward: ({ saved: gradient }, dy) => ({
    x: () => rowGradient(gradient, dy),
    y: (into) => gradientOf(gradient.shape, rowGradient(gradient, dy), into, -1),
  }),
});

/**
 * Euclidean distance of every row of x to every row of y, or with `squared` its square: `x` [n, d], `y` [m, d] → [n, m].
 * Differences are taken before squares, so that equal rows have distance 0 (with gradient 0) and near ones keep their
 * digits.
 *
 * @throws ShapeError when x and y are no matrices of the same width
 */
export const pairwiseEuclideanDistance: Op<RowPairs, EuclideanOptions> = op("pairwise_euclidean_distance", {
  forward({ x, y }: RowPairs, { squared = false }: EuclideanOptions) {
    const sizes = pairSizes("pairwise_euclidean_distance", x, y);
    const distance = x.engine.empty([sizes.xRows, sizes.yRows]);
    const operands = { x: x.slice, y: y.slice, distance: distance.slice };
    pairwiseDistance(x.engine.stream, { ...operands, ...sizes, root: !squared });
    return distance;
  },
  backward({ inputs: { x, y }, options: { squared = false }, output: distance }, dy) {
    const factors = squared ? dy : dividedByDistance(distance, dy);
    const scale = squared ? 2 : 1;
    return {
      x: () => differenceSums(x, y, { factors, scale }),
      y: () => differenceSums(y, x, { factors, scale, transposed: true }),
    };
  },
});

function dividedByDistance(distance: Tensor, dy: Tensor): Tensor {
  const factors = dy.engine.empty(dy.shape);
  rootSlope(dy.engine.stream, {
    distance: distance.slice,
    dy: dy.slice,
    factors: factors.slice,
    count: dy.size,
  });
  return factors;
}

/** Σ_j c_ij (x_i - y_j) of matrices, with further settings of the launch; see `pairwiseDifferences`. */
export function differenceSums(
  x: Tensor,
  y: Tensor,
  { factors, columnFactors, ...settings }: {
    factors: Tensor;
    columnFactors?: Tensor;
    transposed?: boolean;
    squares?: boolean;
    scale?: number;
  },
): Tensor {
  const sums = x.engine.empty(x.shape);
  pairwiseDifferences(x.engine.stream, {
    x: x.slice,
    y: y.slice,
    factors: factors.slice,
    columnFactors: columnFactors?.slice,
    sums: sums.slice,
    ...pairSizes("pairwise differences", x, y),
    ...settings,
  });
  return sums;
}

/** Sizes of two matrices of the same width. @throws ShapeError when they are not that */
export function pairSizes(op: string, x: Tensor, y: Tensor): { xRows: number; yRows: number; columns: number } {
  const [xRows, columns] = x.shape, [yRows] = y.shape;
  if (x.shape.length !== 2 || y.shape.length !== 2 || y.shape[1] !== columns) {
    throw new ShapeError(
      `${op}: rows [n, d] and [m, d] are expected, but got ${shapeText(x.shape)} and ${shapeText(y.shape)}.`,
    );
  }
  return { xRows: xRows!, yRows: yRows!, columns: columns! };
}
