import type { BufferSlice, Launcher } from "../launcher.ts";
import { sumColumns } from "./sum_columns.ts";

/** Columns into which a long row of numbers is folded. */
const foldedColumns = 64;
const longestUnfolded = 256;

/** Operands and sizes of `sumAll`. */
export interface SumAllOptions {
  /** [count] */
  readonly x: BufferSlice;
  /** Output, one element. */
  readonly y: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Factor on the sum: 1 / count gives the mean. */
  readonly scale?: number;
  /** Adds to what y holds. */
  readonly accumulate?: boolean;
}

/** y = scale * the sum of all of x. Many numbers are folded into 64 columns, whose sums are summed. */
export function sumAll(launcher: Launcher, { x, y, count, scale = 1, accumulate = false }: SumAllOptions): void {
  if (count <= longestUnfolded) {
    sumColumns(launcher, { x, y, rows: count, columns: 1, scale, accumulate });
    return;
  }
  const rows = Math.ceil(count / foldedColumns);
  const sums = launcher.scratch(foldedColumns * 4);
  const lastRowColumns = count - (rows - 1) * foldedColumns;
  sumColumns(launcher, { x, y: sums, rows, columns: foldedColumns, lastRowColumns });
  sumColumns(launcher, { x: sums, y, rows: foldedColumns, columns: 1, scale, accumulate });
  launcher.release(sums);
}
