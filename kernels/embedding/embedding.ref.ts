interface Sizes {
  readonly batch?: number;
  readonly rows: number;
  readonly columns: number;
}

/** See `gatherRows`. */
export function gatherRowsReference(
  table: ArrayLike<number>,
  index: ArrayLike<number>,
  { batch = 1, rows, columns }: Sizes,
): Float64Array {
  return Float64Array.from({ length: batch * index.length * columns }, (_, at) => {
    const row = Math.floor(at / columns), i = row % index.length, from = Math.floor(row / index.length) * rows;
    return table[(from + index[i]!) * columns + at % columns]!;
  });
}

/** See `scatterRows`. */
export function scatterRowsReference(
  dy: ArrayLike<number>,
  index: ArrayLike<number>,
  { batch = 1, rows, columns }: Sizes,
): Float64Array {
  const tableGradient = new Float64Array(batch * rows * columns);
  for (let row = 0; row < batch * index.length; row++) {
    const to = Math.floor(row / index.length) * rows + index[row % index.length]!;
    for (let column = 0; column < columns; column++) {
      tableGradient[to * columns + column]! += dy[row * columns + column]!;
    }
  }
  return tableGradient;
}
