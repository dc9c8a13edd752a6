import { cosineEpsilon, normalize as launch, normalizeBackward } from "../../kernels/distance/normalize.ts";
import { cosineSimilarity as launchCosine } from "../../kernels/loss/cosine_pair.ts";
import { type Op, op } from "../autograd.ts";
import type { CosineOptions, NormalizeOptions } from "../tensors/op_options.ts";
import { expectShape, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { pairSizes, type RowPairs } from "./euclidean.ts";
import { matmul } from "./matmul.ts";
import { rowGradient, rowShape } from "./row_gradient.ts";

/**
 * Rows brought to one length: scale x / max(|x|, eps). `x` [..., d] → [..., d]. A row of zeros stays one, and its gradient
 * is scale / eps times that of the result.
 */
export const normalize: Op<{ readonly x: Tensor }, NormalizeOptions> = op("normalize", {
  settings: { eps: { from: 0 } },
  forward(
    { x }: { readonly x: Tensor },
    { scale = 1, eps = cosineEpsilon }: NormalizeOptions,
    save: (norm: Tensor) => void,
  ) {
    const { rows, columns } = lastAxis(x);
    const y = x.engine.empty(x.shape), norm = x.engine.empty([rows]);
    launch(x.engine.stream, {
      x: x.slice,
      y: y.slice,
      norm: norm.slice,
      rows,
      columns,
      scale,
      epsilon: eps,
    });
    save(norm);
    return y;
  },
  backward: ({ inputs: { x }, options: { scale = 1, eps = cosineEpsilon }, saved: norm }, dy) => ({
    x() {
      const dx = x.engine.empty(x.shape);
      normalizeBackward(x.engine.stream, {
        x: x.slice,
        norm: norm.slice,
        dy: dy.slice,
        dx: dx.slice,
        ...lastAxis(x),
        scale,
        epsilon: eps,
      });
      return dx;
    },
  }),
});

/**
 * Cosine of the angle between paired rows, x . y / (max(|x|, eps) max(|y|, eps)): `x` and `y` [..., d] → [...].
 *
 * @throws ShapeError when x and y differ in shape
 */
export const cosineSimilarity: Op<RowPairs, CosineOptions> = op("cosine_similarity", {
  settings: { eps: { from: 0 } },
  forward(
    { x, y }: RowPairs,
    { eps = cosineEpsilon }: CosineOptions,
    save: (gradients: { readonly x: Tensor; readonly y: Tensor }) => void,
  ) {
    expectShape("cosine_similarity", "y", y, x.shape);
    const { engine } = x;
    const { rows, columns } = lastAxis(x);
    const similarity = engine.empty(rowShape(x));
    const gradients = { x: engine.empty(x.shape), y: engine.empty(x.shape) };
    launchCosine(engine.stream, {
      x: x.slice,
      y: y.slice,
      similarity: similarity.slice,
      gradientX: gradients.x.slice,
      gradientY: gradients.y.slice,
      count: rows,
      columns,
      epsilon: eps,
    });
    save(gradients);
    return similarity;
  },
  backward: ({ saved: gradients }, dy) => ({
    x: () => rowGradient(gradients.x, dy),
    y: () => rowGradient(gradients.y, dy),
  }),
});

/**
 * Cosines of the angles between every row of x and every row of y, times `scale`: `x` [n, d], `y` [m, d] → [n, m].
 *
 * @throws ShapeError when x and y are no matrices of the same width
 */
export function pairwiseCosineSimilarity(
  { x, y }: RowPairs,
  { scale = 1, eps = cosineEpsilon }: NormalizeOptions = {},
): Tensor {
  pairSizes("pairwise_cosine_similarity", x, y);
  const a = normalize({ x }, { scale, eps }), b = normalize({ x: y }, { eps });
  return matmul({ a, b }, { transposeB: true });
}
