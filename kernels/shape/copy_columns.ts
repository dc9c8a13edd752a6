import code from "./copy_columns.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, rowGrid } from "../launcher.ts";

const kernel = defineKernel({
  label: "copy_columns",
  code,
  bindings: { source: "read", destination: "write" },
  uniforms: {
    rows: "u32",
    width: "u32",
    source_columns: "u32",
    source_from: "u32",
    destination_columns: "u32",
    destination_from: "u32",
    accumulate: "u32",
  },
});

/** Operands and sizes of `copyColumns`. */
export interface CopyColumnsOptions {
  /** [rows, sourceColumns] */
  readonly source: BufferSlice;
  /** [rows, destinationColumns]; not the buffer of the source. */
  readonly destination: BufferSlice;
  readonly rows: number;
  /** Columns to copy. */
  readonly width: number;
  readonly sourceColumns: number;
  /** First column to read; 0 by default. */
  readonly sourceFrom?: number;
  readonly destinationColumns: number;
  /** First column to write; 0 by default. */
  readonly destinationFrom?: number;
  /** Adds to what the destination holds. */
  readonly accumulate?: boolean;
}

/** Copies `width` columns of one matrix into another of as many rows; its other columns stay as they are. */
export function copyColumns(launcher: Launcher, options: CopyColumnsOptions): void {
  const { source, destination, rows, width, sourceColumns, destinationColumns } = options;
  const { sourceFrom = 0, destinationFrom = 0, accumulate = false } = options;
  launcher.dispatch(kernel, { source, destination }, {
    rows,
    width,
    source_columns: sourceColumns,
    source_from: sourceFrom,
    destination_columns: destinationColumns,
    destination_from: destinationFrom,
    accumulate: accumulate ? 1 : 0,
  }, rowGrid(Math.ceil(width / 64), rows));
}
