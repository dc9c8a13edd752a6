import type { UnaryFunction } from "../elementwise/functions.ts";
import { unaryReferences } from "../elementwise/unary.ref.ts";

/** Sizes and storage of a reference product; see `matmul`. */
export interface MatmulReferenceOptions {
  m: number;
  n: number;
  k: number;
  batch?: number;
  transposeA?: boolean;
  transposeB?: boolean;
  /** B is the same for all of the batch. */
  sharedB?: boolean;
  bias?: ArrayLike<number>;
  relu?: boolean;
  activation?: UnaryFunction | undefined;
}

/** C = op(A) op(B) in float64, [batch, m, n]. */
export function matmulReference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { m, n, k, batch = 1, transposeA, transposeB, sharedB, bias, relu, activation }: MatmulReferenceOptions,
): Float64Array {
  const after = relu ? "relu" : activation;
  const c = new Float64Array(batch * m * n);
  for (let p = 0; p < batch; p++) {
    const fromA = p * m * k, fromB = sharedB ? 0 : p * k * n;
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = bias?.[column] ?? 0;
        for (let i = 0; i < k; i++) {
          sum += a[fromA + (transposeA ? i * m + row : row * k + i)]! *
            b[fromB + (transposeB ? column * k + i : i * n + column)]!;
        }
        c[(p * m + row) * n + column] = after ? unaryReferences[after].value(sum, 0, 0) : sum;
      }
    }
  }
  return c;
}
