import code from "./copy_columns.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, type Launcher, rowGrid } from "../launcher.ts";

const kernels = defineElementWidths({
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
  /** Rows of both matrices. */
  readonly rows: number;
  /** Columns to copy. */
  readonly width: number;
  /** Columns of the source. */
  readonly sourceColumns: number;
  /** First column to read; 0 by default. */
  readonly sourceFrom?: number;
  /** Columns of the destination. */
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
  const sizes = [width, sourceColumns, sourceFrom, destinationColumns, destinationFrom];
  const { kernel, width: step } = chooseWidth(kernels, ...sizes);
  launcher.dispatch(
    kernel,
    { source, destination },
    {
      rows,
      width: width / step,
      source_columns: sourceColumns / step,
      source_from: sourceFrom / step,
      destination_columns: destinationColumns / step,
      destination_from: destinationFrom / step,
      accumulate: accumulate ? 1 : 0,
    },
    rowGrid(Math.ceil(width / step / 64), rows),
    rows * width,
  );
}
