import code from "./sum_columns.wgsl" with { type: "text" };
import { fill } from "../elementwise/fill.ts";
import { type BufferSlice, defineKernel, type Launcher, rowGrid } from "../launcher.ts";

const kernel = defineKernel({
  label: "sum_columns",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: {
    rows: "u32",
    columns: "u32",
    stride: "u32",
    offset: "u32",
    last_row_columns: "u32",
    chunk_rows: "u32",
    scale: "f32",
    accumulate: "u32",
  },
});

/** Operands and sizes of `sumColumns`. */
export interface SumColumnsOptions {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** Output, [columns]. */
  readonly y: BufferSlice;
  /** Rows that are added up. */
  readonly rows: number;
  /** Sums that are made. */
  readonly columns: number;
  /** Elements from one row to the next; `columns` by default. */
  readonly stride?: number;
  /** Element of `x` at which the first row begins. */
  readonly offset?: number;
  /** Columns that the last row has, where it is not full. */
  readonly lastRowColumns?: number;
  /** Factor on the sums. */
  readonly scale?: number;
  /** Adds to what y holds. */
  readonly accumulate?: boolean;
}

/** Rows that one invocation sums: enough for many workgroups on hardware, few launches where the GPU is a CPU. */
export function rowsPerChunk(launcher: Launcher): number {
  return launcher.capabilities.software ? 256 : 64;
}

/**
 * y = scale * the sum of x over its rows, [rows, columns] to [columns]: the gradient of a bias. Long columns are summed
 * in chunks whose sums are summed again, always in the same order.
 */
export function sumColumns(launcher: Launcher, options: SumColumnsOptions): void {
  const { x, y, rows, columns, stride = columns, offset = 0, lastRowColumns = columns } = options;
  const { scale = 1, accumulate = false } = options;
  if (rows === 0) {
    if (!accumulate) fill(launcher, { y, count: columns, value: 0 * scale });
    return;
  }
  const chunkRows = rowsPerChunk(launcher);
  const chunks = Math.max(Math.ceil(rows / chunkRows), 1);
  const last = chunks === 1;
  const target = last ? y : launcher.scratch(chunks * columns * 4);
  launcher.dispatch(kernel, { x, y: target }, {
    rows,
    columns,
    stride,
    offset,
    last_row_columns: lastRowColumns,
    chunk_rows: chunkRows,
    scale: last ? scale : 1,
    accumulate: last && accumulate ? 1 : 0,
  }, rowGrid(Math.ceil(columns / 64), chunks));
  if (last) return;
  sumColumns(launcher, { x: target, y, rows: chunks, columns, scale, accumulate });
  launcher.release(target);
}
