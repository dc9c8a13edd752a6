/** Settings of the reference of root-mean-square normalisation; see `rmsNorm`. */
export interface RmsNormReferenceOptions {
  readonly columns: number;
  readonly weight: ArrayLike<number>;
  readonly shift?: number;
  readonly epsilon?: number;
}

function inverseOf(x: ArrayLike<number>, row: number, { columns, epsilon = 1e-6 }: RmsNormReferenceOptions): number {
  let squares = 0;
  for (let column = 0; column < columns; column++) squares += x[row * columns + column]! ** 2;
  return 1 / Math.sqrt(squares / columns + epsilon);
}

/** y of root-mean-square normalisation in float64. */
export function rmsNormReference(x: ArrayLike<number>, options: RmsNormReferenceOptions): Float64Array {
  const { columns, weight, shift = 0 } = options;
  return Float64Array.from(x, (value, at) => {
    return value * inverseOf(x, Math.floor(at / columns), options) * (weight[at % columns]! + shift);
  });
}

/** Gradients of root-mean-square normalisation in float64. */
export function rmsNormBackwardReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  options: RmsNormReferenceOptions,
): { dx: Float64Array; dweight: Float64Array } {
  const { columns, weight, shift = 0 } = options;
  const dx = new Float64Array(x.length), dweight = new Float64Array(columns);
  for (let row = 0; row * columns < x.length; row++) {
    const inverse = inverseOf(x, row, options), first = row * columns;
    const h = Float64Array.from({ length: columns }, (_, column) => x[first + column]! * inverse);
    const g = h.map((_, column) => dy[first + column]! * (weight[column]! + shift));
    const mean = g.reduce((sum, value, column) => sum + value * h[column]!, 0) / columns;
    h.forEach((value, column) => {
      dweight[column]! += dy[first + column]! * value;
      dx[first + column] = (g[column]! - value * mean) * inverse;
    });
  }
  return { dx, dweight };
}
