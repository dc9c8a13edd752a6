import { type MahalanobisMatrix, pairwiseMahalanobisSquared } from "../ops/mahalanobis.ts";
import { pairwiseCosineSimilarity } from "../ops/cosine.ts";
import { pairwiseEuclideanDistance } from "../ops/euclidean.ts";
import { matmul } from "../ops/matmul.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** How far rows are from each other, or how alike they are: what losses and miners compare. */
export interface Distance {
  /** All pairs: `x` [n, d], `y` [m, d] → [n, m]. */
  readonly between: (x: Tensor, y: Tensor) => Tensor;
  /** True where more means nearer: a similarity. */
  readonly inverted: boolean;
}

/** Settings of `euclidean`. */
export interface EuclideanDistanceOptions {
  /** Leaves the root out; false by default. */
  readonly squared?: boolean;
  /** Brings rows to length 1 first; true by default, as in pytorch-metric-learning. */
  readonly normalized?: boolean;
}

/** Euclidean distance |x - y|. */
export function euclidean({ squared = false, normalized = true }: EuclideanDistanceOptions = {}): Distance {
  const prepared = (x: Tensor) => normalized ? x.normalize() : x;
  return {
    between(x, y) {
      const left = prepared(x);
      return pairwiseEuclideanDistance({ x: left, y: x === y ? left : prepared(y) }, { squared });
    },
    inverted: false,
  };
}

/** Cosine of the angle between rows, a similarity. */
export function cosine(): Distance {
  return { between: (x, y) => pairwiseCosineSimilarity({ x, y }), inverted: true };
}

/** Dot product x . y, a similarity. */
export function dotProduct(): Distance {
  return { between: (x, y) => matmul({ a: x, b: y }, { transposeB: true }), inverted: true };
}

/** Squared Mahalanobis distance under a matrix that may be learned. */
export function mahalanobisSquared(matrix: MahalanobisMatrix): Distance {
  return { between: (x, y) => pairwiseMahalanobisSquared({ x, y, ...matrix }), inverted: false };
}
