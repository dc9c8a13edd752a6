import type { BilinearSizes } from "./tiles.ts";

/** y[b, o] = x1[b]ᵀ W_o x2[b] + bias[o] in float64, [batch, out]. */
export function bilinearReference(
  x1: ArrayLike<number>,
  x2: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  { batch, in1, in2, out }: BilinearSizes,
): Float64Array {
  const y = new Float64Array(batch * out);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < out; o++) {
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < in1; i++) {
        for (let j = 0; j < in2; j++) sum += x1[b * in1 + i]! * weight[(o * in1 + i) * in2 + j]! * x2[b * in2 + j]!;
      }
      y[b * out + o] = sum;
    }
  }
  return y;
}

/** Gradients of <dy, y> in float64. */
export function bilinearBackwardReference(
  x1: ArrayLike<number>,
  x2: ArrayLike<number>,
  weight: ArrayLike<number>,
  dy: ArrayLike<number>,
  { batch, in1, in2, out }: BilinearSizes,
): { dx1: Float64Array; dx2: Float64Array; dweight: Float64Array } {
  const dx1 = new Float64Array(batch * in1), dx2 = new Float64Array(batch * in2);
  const dweight = new Float64Array(out * in1 * in2);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < out; o++) {
      const upstream = dy[b * out + o]!;
      for (let i = 0; i < in1; i++) {
        for (let j = 0; j < in2; j++) {
          const at = (o * in1 + i) * in2 + j, a = x1[b * in1 + i]!, c = x2[b * in2 + j]!;
          dx1[b * in1 + i]! += upstream * weight[at]! * c;
          dx2[b * in2 + j]! += upstream * weight[at]! * a;
          dweight[at]! += upstream * a * c;
        }
      }
    }
  }
  return { dx1, dx2, dweight };
}
