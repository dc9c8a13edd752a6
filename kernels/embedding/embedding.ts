import gatherCode from "./gather_rows.wgsl" with { type: "text" };
import scatterCode from "./scatter_rows.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, defineKernel, type Launcher, rowGrid } from "../launcher.ts";

const gather = defineElementWidths({
  label: "embedding",
  code: gatherCode,
  bindings: { table: "read", index: "read", y: "write" },
  uniforms: { count: "u32", rows: "u32", columns: "u32", not_a_number: "u32" },
});
const scatter = defineKernel({
  label: "embedding.backward",
  code: scatterCode,
  bindings: { dy: "read", index: "read", tableGradient: "write" },
  uniforms: { count: "u32", rows: "u32", columns: "u32", accumulate: "u32" },
});

/** Sizes of a lookup. */
export interface LookupOptions {
  /** u32 row numbers, [count]. */
  readonly index: BufferSlice;
  /** Rows to look up. */
  readonly count: number;
  /** Rows of the table. */
  readonly rows: number;
  /** Columns of the table. */
  readonly columns: number;
}

/** y [count, columns] = the rows of table [rows, columns] that the index names; NaN for a row that the table lacks. */
export function gatherRows(
  launcher: Launcher,
  { table, y, index, count, rows, columns }: LookupOptions & { readonly table: BufferSlice; readonly y: BufferSlice },
): void {
  const { kernel, width } = chooseWidth(gather, columns);
  launcher.dispatch(
    kernel,
    { table, index, y },
    { count, rows, columns: columns / width, not_a_number: 0x7fc00000 },
    rowGrid(Math.ceil(columns / width / 64), count),
  );
}

/** tableGradient [rows, columns] = for each row of the table the sum of the rows of dy [count, columns] that it served. */
export function scatterRows(
  launcher: Launcher,
  { dy, tableGradient, index, count, rows, columns, accumulate = false }: LookupOptions & {
    readonly dy: BufferSlice;
    readonly tableGradient: BufferSlice;
    /** Adds to what tableGradient holds. */
    readonly accumulate?: boolean;
  },
): void {
  launcher.dispatch(
    scatter,
    { dy, index, tableGradient },
    { count, rows, columns, accumulate: accumulate ? 1 : 0 },
    rowGrid(Math.ceil(columns / 64), rows),
  );
}
