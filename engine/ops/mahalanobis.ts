import { pairwiseMahalanobis } from "../../kernels/distance/mahalanobis.ts";
import { pairwiseDistance } from "../../kernels/distance/pairwise.ts";
import { matmul as launchMatmul } from "../../kernels/matmul/matmul.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectRows, expectShape, shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { multiply, subtract } from "./arithmetic.ts";
import { combine } from "./broadcast.ts";
import { differenceSums, pairSizes, pairwiseEuclideanDistance, type RowPairs } from "./euclidean.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reductions.ts";
import { square } from "./unary.ts";

/** The matrix M of a Mahalanobis distance: as a factor of it, whole, or as its diagonal. */
export type MahalanobisMatrix =
  /** Factor of M = LᵀL, [r, d]; r < d gives a metric of low rank. */
  | { readonly l: Tensor }
  /** M itself, [d, d], or its diagonal, [d]; distances are 0 or more where it is positive semi-definite. */
  | { readonly m: Tensor };

/**
 * Squared Mahalanobis distance of paired rows, (x - y)ᵀ M (x - y), which is |L (x - y)|² for M = LᵀL: `x` and `y` [..., d]
 * and `l` [r, d], or `m` [d, d] or [d] → [...].
 *
 * @throws ShapeError when x and y differ in shape or the matrix has another d
 * @see Bellet, Habrard, Sebban, "Metric learning" (2015), section 2
 *
 * @example
 * const d2 = mahalanobisSquared({ x, y, l });
 */
export function mahalanobisSquared({ x, y, ...matrix }: RowPairs & MahalanobisMatrix): Tensor {
  expectShape("mahalanobis", "y", y, x.shape);
  expectMatrix(matrix, x);
  const difference = subtract({ a: x, b: y });
  if ("l" in matrix) return sum({ x: square({ x: linear({ x: difference, weight: matrix.l }) }) }, { axis: -1 });
  const { m } = matrix;
  const weighted = m.shape.length === 1 ? multiply({ a: difference, b: m }) : matmul({ a: difference, b: m });
  return sum({ x: multiply({ a: difference, b: weighted }) }, { axis: -1 });
}

/**
 * Squared Mahalanobis distance of every row of x to every row of y: `x` [n, d], `y` [m, d] and `l` [r, d], or `m` [d, d] or
 * [d] → [n, m]. Differences are taken before products, so that near rows keep their digits.
 *
 * @throws ShapeError when x and y are no matrices of the same width or the matrix has another d
 * @see Bellet, Habrard, Sebban, "Metric learning" (2015), section 2
 */
export function pairwiseMahalanobisSquared({ x, y, ...matrix }: RowPairs & MahalanobisMatrix): Tensor {
  pairSizes("mahalanobis", x, y);
  expectMatrix(matrix, x);
  if ("l" in matrix) {
    const projected = { x: linear({ x, weight: matrix.l }), y: linear({ x: y, weight: matrix.l }) };
    return pairwiseEuclideanDistance(projected, { squared: true });
  }
  return matrix.m.shape.length === 1 ? pairwiseDiagonal({ x, y, m: matrix.m }) : pairwiseFull({ x, y, m: matrix.m });
}

interface MatrixPairs extends RowPairs {
  readonly m: Tensor;
}

const pairwiseFull: Op<MatrixPairs> = op("pairwise_mahalanobis", {
  forward({ x, y, m }: MatrixPairs) {
    const sizes = pairSizes("mahalanobis", x, y);
    const distance = x.engine.empty([sizes.xRows, sizes.yRows]);
    const matrix = { m: m.slice };
    pairwiseMahalanobis(x.engine.stream, { x: x.slice, y: y.slice, matrix, distance: distance.slice, ...sizes });
    return distance;
  },
  backward({ inputs: { x, y, m } }, dy) {
    // With u_i = Σ_j dy_ij (x_i - y_j) and v_j = Σ_i dy_ij (y_j - x_i): dx = u (M + Mᵀ), dy = v (M + Mᵀ) and
    // dM = Σ dy_ij (x_i - y_j)(x_i - y_j)ᵀ = uᵀ x + vᵀ y.
    const sums = once(() => differenceSums(x, y, { factors: dy }));
    const opposite = once(() => differenceSums(y, x, { factors: dy, transposed: true }));
    const throughMatrix = (rows: Tensor) =>
      product(rows, m, { transposeB: true, into: product(rows, m), accumulate: true });
    return {
      x: () => throughMatrix(sums()),
      y: () => throughMatrix(opposite()),
      m: () =>
        product(opposite(), y, { transposeA: true, into: product(sums(), x, { transposeA: true }), accumulate: true }),
    };
  },
});

const pairwiseDiagonal: Op<MatrixPairs> = op("pairwise_diagonal_mahalanobis", {
  forward({ x, y, m }: MatrixPairs) {
    const sizes = pairSizes("mahalanobis", x, y);
    const distance = x.engine.empty([sizes.xRows, sizes.yRows]);
    const p = combine("multiply", x, m), q = combine("multiply", y, m);
    const projected = { x: p.slice, y: q.slice };
    pairwiseDistance(x.engine.stream, { x: x.slice, y: y.slice, projected, distance: distance.slice, ...sizes });
    p.dispose();
    q.dispose();
    return distance;
  },
  backward: ({ inputs: { x, y, m } }, dy) => ({
    x: () => differenceSums(x, y, { factors: dy, columnFactors: m, scale: 2 }),
    y: () => differenceSums(y, x, { factors: dy, columnFactors: m, scale: 2, transposed: true }),
    m(into) {
      const squares = differenceSums(x, y, { factors: dy, squares: true });
      const gradient = into.tensor;
      sumColumns(m.engine.stream, {
        x: squares.slice,
        y: gradient.slice,
        rows: squares.shape[0]!,
        columns: m.size,
        accumulate: into.accumulate,
      });
      return gradient;
    },
  }),
});

/** The product of two matrices, without a backward pass; A or B may be transposed, and the result added to. */
function product(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, into, accumulate = false }: {
    transposeA?: boolean;
    transposeB?: boolean;
    into?: Tensor;
    accumulate?: boolean;
  } = {},
): Tensor {
  const [m, k] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const n = b.shape[transposeB ? 0 : 1]!;
  const c = into ?? a.engine.empty([m, n]);
  const operands = { a: a.slice, b: b.slice, c: c.slice };
  launchMatmul(a.engine.stream, { ...operands, m, n, k, transposeA, transposeB, accumulate });
  return c;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

function expectMatrix(matrix: MahalanobisMatrix, x: Tensor): void {
  if ("l" in matrix) {
    const { shape } = matrix.l;
    const [, rows] = shape;
    if (shape.length === 2 && rows !== undefined) return expectRows("mahalanobis", "x", x, { name: "l", shape, rows });
    throw new ShapeError(`mahalanobis: l is ${shapeText(shape)}, but [r, d] is expected.`);
  }
  const { shape } = matrix.m;
  const [rows] = shape;
  if (rows !== undefined && shape.length <= 2 && shape.every((size) => size === rows)) {
    return expectRows("mahalanobis", "x", x, { name: "m", shape, rows });
  }
  throw new ShapeError(`mahalanobis: m is ${shapeText(shape)}, but [d, d] or its diagonal [d] is expected.`);
}
