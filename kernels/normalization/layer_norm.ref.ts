/** Inputs of the reference of layer normalisation; see `layerNorm`. */
export interface LayerNormReferenceOptions {
  readonly columns: number;
  readonly weight?: ArrayLike<number> | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly epsilon?: number;
  readonly relu?: boolean;
  /** Factor on each element after the rectifier: 0 where dropout drops it, else 1 / (1 - p). */
  readonly keep?: ArrayLike<number>;
}

function normalized(x: ArrayLike<number>, row: number, { columns, epsilon = 1e-5 }: LayerNormReferenceOptions) {
  const values = Float64Array.from({ length: columns }, (_, column) => x[row * columns + column]!);
  const mean = values.reduce((a, b) => a + b) / columns;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns;
  const deviationInverse = 1 / Math.sqrt(variance + epsilon);
  return { xHat: values.map((value) => (value - mean) * deviationInverse), mean, deviationInverse };
}

/** Layer normalisation in float64: y, and (mean, 1 / standard deviation) of each row. */
export function layerNormReference(
  x: ArrayLike<number>,
  options: LayerNormReferenceOptions,
): { y: Float64Array; statistics: Float64Array } {
  const { columns, weight, bias, relu, keep } = options;
  const y = new Float64Array(x.length), statistics = new Float64Array(2 * x.length / columns);
  for (let row = 0; row * columns < x.length; row++) {
    const { xHat, mean, deviationInverse } = normalized(x, row, options);
    statistics.set([mean, deviationInverse], 2 * row);
    xHat.forEach((value, column) => {
      const index = row * columns + column;
      const affine = value * (weight?.[column] ?? 1) + (bias?.[column] ?? 0);
      y[index] = (relu ? Math.max(affine, 0) : affine) * (keep?.[index] ?? 1);
    });
  }
  return { y, statistics };
}

/** Gradients of layer normalisation in float64. */
export function layerNormBackwardReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  options: LayerNormReferenceOptions,
): { dx: Float64Array; dweight: Float64Array; dbias: Float64Array } {
  const { columns, weight, bias, relu, keep } = options;
  const dx = new Float64Array(x.length), dweight = new Float64Array(columns), dbias = new Float64Array(columns);
  for (let row = 0; row * columns < x.length; row++) {
    const { xHat, deviationInverse } = normalized(x, row, options);
    const dAffine = xHat.map((value, column) => {
      const index = row * columns + column;
      const affine = value * (weight?.[column] ?? 1) + (bias?.[column] ?? 0);
      return relu && affine <= 0 ? 0 : dy[index]! * (keep?.[index] ?? 1);
    });
    const dxHat = dAffine.map((value, column) => value * (weight?.[column] ?? 1));
    const mean = dxHat.reduce((a, b) => a + b) / columns;
    const meanTimesXHat = dxHat.reduce((sum, value, column) => sum + value * xHat[column]!, 0) / columns;
    xHat.forEach((value, column) => {
      dweight[column]! += dAffine[column]! * value;
      dbias[column]! += dAffine[column]!;
      dx[row * columns + column] = deviationInverse * (dxHat[column]! - mean - value * meanTimesXHat);
    });
  }
  return { dx, dweight, dbias };
}
