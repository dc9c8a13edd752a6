import gatherCode from "./gather_rows.wgsl" with { type: "text" };
import occurrencesCode from "./occurrences.wgsl" with { type: "text" };
import scatterCode from "./scatter_rows.wgsl" with { type: "text" };
import { fill } from "../elementwise/fill.ts";
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, defineKernel, elementGrid, type Launcher, part, rowGrid } from "../launcher.ts";

const gather = defineElementWidths({
  label: "embedding",
  code: gatherCode,
  bindings: { table: "read", index: "read", y: "write" },
  uniforms: {
    total: "u32",
    count: "u32",
    rows: "u32",
    columns: "u32",
    first: "u32",
    partial: "u32",
    not_a_number: "u32",
  },
});
const occurrences = defineKernel({
  label: "embedding.occurrences",
  code: occurrencesCode,
  bindings: { index: "read", links: "write" },
  uniforms: { count: "u32", slots: "u32", positions: "u32", first: "u32" },
});
const scatter = defineElementWidths({
  label: "embedding.backward",
  code: scatterCode,
  bindings: { dy: "read", index: "read", links: "read", tableGradient: "write" },
  uniforms: {
    total: "u32",
    slots: "u32",
    count: "u32",
    start: "u32",
    all: "u32",
    rows: "u32",
    columns: "u32",
    positions: "u32",
    first: "u32",
    accumulate: "u32",
  },
});

/** Indices among which one launch looks, see `mostRounds`; a multiple of what offsets of buffers are aligned to. */
const indicesAtOnce = 61_440;

/** Sizes of a lookup. */
export interface LookupOptions {
  /** u32 row numbers, [count]. */
  readonly index: BufferSlice;
  /** Rows to look up. */
  readonly count: number;
  /** Tables that the index looks up in, one after the other; 1 by default. */
  readonly batch?: number;
  /** Rows of a table. */
  readonly rows: number;
  /** Columns of a table. */
  readonly columns: number;
  /** Index of the first row, for a table that is a part of a longer one; 0 by default. */
  readonly first?: number;
}

/**
 * y [batch, count, columns] = the rows of each table [batch, rows, columns] that the index names; NaN for a row that the
 * tables lack, or with `partial` what y held.
 */
export function gatherRows(
  launcher: Launcher,
  { table, y, index, count, batch = 1, rows, columns, first = 0, partial = false }: LookupOptions & {
    readonly table: BufferSlice;
    readonly y: BufferSlice;
    /** Leaves rows of y alone that the tables lack. */
    readonly partial?: boolean;
  },
): void {
  const { kernel, width } = chooseWidth(gather, columns);
  launcher.dispatch(
    kernel,
    { table, index, y },
    {
      total: batch * count,
      count,
      rows,
      columns: columns / width,
      first,
      partial: partial ? 1 : 0,
      not_a_number: 0x7fc00000,
    },
    rowGrid(Math.ceil(columns / width / 64), batch * count),
    2 * batch * count * columns,
  );
}

/**
 * tableGradient [batch, rows, columns] = for each row of a table the sum of the rows of dy [batch, count, columns] that it
 * served, in their order. For a table of many rows the work is some count² comparisons and batch x count x columns
 * additions, and only setting it to 0, which `accumulate` saves, grows with it.
 */
export function scatterRows(
  launcher: Launcher,
  { dy, tableGradient, index, count, batch = 1, rows, columns, first = 0, accumulate = false }: LookupOptions & {
    readonly dy: BufferSlice;
    readonly tableGradient: BufferSlice;
    /** Adds to what tableGradient holds. */
    readonly accumulate?: boolean;
  },
): void {
  const { kernel, width } = chooseWidth(scatter, columns);
  const longest = Math.min(count, indicesAtOnce);
  // Few rows are looked up in the index one by one; of many most are not named.
  const byPositions = 2 * rows > count;
  if (byPositions && !accumulate) fill(launcher, { y: tableGradient, value: 0, count: batch * rows * columns });
  const links = launcher.scratch(((byPositions ? longest : rows) + longest) * 4);
  for (let start = 0; start < count; start += indicesAtOnce) {
    const some = Math.min(count - start, indicesAtOnce), indices = part(index, start, some);
    const shared = { count: some, slots: byPositions ? some : rows, positions: byPositions ? 1 : 0, first };
    launcher.dispatch(occurrences, { index: indices, links }, shared, elementGrid(shared.slots + some));
    launcher.dispatch(
      kernel,
      { dy, index: indices, links, tableGradient },
      {
        ...shared,
        ...{ total: batch * shared.slots, start, all: count, rows, columns: columns / width },
        accumulate: byPositions || accumulate || start > 0 ? 1 : 0,
      },
      rowGrid(Math.ceil(columns / width / 64), batch * shared.slots),
    );
  }
  launcher.release(links);
}
