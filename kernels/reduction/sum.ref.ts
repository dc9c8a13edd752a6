/** Sums of the columns of x [rows, columns] in float64, [columns]. */
export function sumColumnsReference(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const y = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) y[column]! += x[row * columns + column]!;
  }
  return y;
}

/** Sums of the rows of x [rows, columns] in float64, [rows]. */
export function sumRowsReference(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const y = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) y[row]! += x[row * columns + column]!;
  }
  return y;
}
