import type { CopyColumnsOptions } from "./copy_columns.ts";

/** See `copyColumns`; returns the new destination. */
export function copyColumnsReference(
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  sizes: Omit<CopyColumnsOptions, "source" | "destination">,
): Float64Array {
  const { rows, width, sourceColumns, destinationColumns } = sizes;
  const { sourceFrom = 0, destinationFrom = 0, accumulate = false } = sizes;
  const result = Float64Array.from(destination);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * destinationColumns + destinationFrom + column;
      result[at] = source[row * sourceColumns + sourceFrom + column]! + (accumulate ? result[at]! : 0);
    }
  }
  return result;
}

/** See `transpose`. */
export function transposeReference(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => {
    const matrix = Math.floor(i / (rows * columns)), column = Math.floor(i / rows) % columns, row = i % rows;
    return x[(matrix * rows + row) * columns + column]!;
  });
}
