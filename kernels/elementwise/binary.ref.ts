import type { BinaryOperation } from "./binary.ts";
import { broadcastShape } from "./broadcast_axes.ts";

/** The four operations in float64. */
export const arithmeticReferences: Readonly<Record<BinaryOperation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

/** Element of an operand that meets element `index` of the common shape. */
function meets(index: number, shape: readonly number[], own: readonly number[]): number {
  let at = 0, stride = 1, rest = index;
  for (let axis = 1; axis <= shape.length; axis++) {
    const size = shape.at(-axis)!, ownSize = own.at(-axis) ?? 1;
    if (ownSize > 1) at += (rest % size) * stride;
    stride *= ownSize;
    rest = Math.floor(rest / size);
  }
  return at;
}

/** See `broadcastBinary`. */
export function broadcastReference(
  operation: BinaryOperation,
  a: ArrayLike<number>,
  aShape: readonly number[],
  b: ArrayLike<number>,
  bShape: readonly number[],
): Float64Array {
  const shape = broadcastShape(aShape, bShape);
  const apply = arithmeticReferences[operation];
  return Float64Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, i) => apply(a[meets(i, shape, aShape)]!, b[meets(i, shape, bShape)]!),
  );
}

/** Sums of x over the axes along which `yShape` repeats; see `sumToShape`. */
export function sumToShapeReference(
  x: ArrayLike<number>,
  xShape: readonly number[],
  yShape: readonly number[],
): Float64Array {
  const y = new Float64Array(yShape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < x.length; i++) y[meets(i, xShape, yShape)]! += x[i]!;
  return y;
}
