/** See `gatherRows`. */
export function gatherRowsReference(table: ArrayLike<number>, index: ArrayLike<number>, columns: number): Float64Array {
  return Float64Array.from(
    { length: index.length * columns },
    (_, i) => table[index[Math.floor(i / columns)]! * columns + i % columns]!,
  );
}

/** See `scatterRows`. */
export function scatterRowsReference(
  dy: ArrayLike<number>,
  index: ArrayLike<number>,
  { rows, columns }: { rows: number; columns: number },
): Float64Array {
  const tableGradient = new Float64Array(rows * columns);
  for (let i = 0; i < index.length; i++) {
    for (let column = 0; column < columns; column++) {
      tableGradient[index[i]! * columns + column]! += dy[i * columns + column]!;
    }
  }
  return tableGradient;
}
