import { DataError } from "../../kernels/errors.ts";
import type { NpyMatrix } from "./npy.ts";

/** Lengths of embeddings whose squares and products keep their digits in float32. */
const shortest = 1e-6, longest = 1e6;

/**
 * Refuses embeddings of a size that computation in float32 would drown in or lose.
 *
 * @param first number of the first row that is there, from 0
 * @throws DataError naming the file, the longest row and the remedy
 */
export function checkRowLengths({ data, rows, columns }: NpyMatrix, path: string, first = 0): void {
  let most = 0, at = 0;
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) squares += data[i]! ** 2;
    if (squares > most) [most, at] = [squares, row];
  }
  const length = Math.sqrt(most);
  if (length === 0 || (length >= shortest && length <= longest)) return;
  throw new DataError(
    `${path}: the longest row, ${first + at + 1}, has the length ${
      length.toPrecision(3)
    }; lengths from ${shortest} to ${longest} ` +
      "are expected: divide each row by its length.",
  );
}
