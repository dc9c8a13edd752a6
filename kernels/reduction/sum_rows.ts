import laneSumCode from "./lane_sum.wgsl" with { type: "text" };
import code from "./sum_rows.wgsl" with { type: "text" };
import vectorCode from "./sum_rows_vector.wgsl" with { type: "text" };
import workgroupCode from "./sum_rows_workgroup.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, expectRounds, type Launcher, workgroupGrid } from "../launcher.ts";

const form = {
  bindings: { x: "read", y: "write" },
  uniforms: { rows: "u32", columns: "u32", scale: "f32" },
} as const;
const invocationPerRow = defineKernel({ label: "sum_rows", code, ...form });
const invocationPerRowOfVectors = defineKernel({ label: "sum_rows.vector", code: vectorCode, ...form });
const workgroupPerRow = defineKernel({
  label: "sum_rows.workgroup",
  code: `${laneSumCode}\n${workgroupCode}`,
  ...form,
});

/** Longest row that one invocation sums up, four elements a round; see `mostRounds`. */
const longestOfOne = 250_000;

/** Operands and sizes of `sumRows`. */
export interface SumRowsOptions {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** Output, [rows]. */
  readonly y: BufferSlice;
  /** Sums that are made. */
  readonly rows: number;
  /** Elements that make a sum. */
  readonly columns: number;
  /** Factor on the sums: 1 / columns gives means. */
  readonly scale?: number;
}

/**
 * y = scale * the sum of x over its columns, [rows, columns] to [rows].
 *
 * @throws ShapeError when the columns are more than the device can loop over
 */
export function sumRows(launcher: Launcher, { x, y, rows, columns, scale = 1 }: SumRowsOptions): void {
  const oneEach = launcher.capabilities.software && columns <= longestOfOne;
  expectRounds(launcher, `a sum of ${columns} elements`, Math.ceil(columns / 64));
  launcher.dispatch(
    oneEach ? columns % 4 === 0 ? invocationPerRowOfVectors : invocationPerRow : workgroupPerRow,
    { x, y },
    { rows, columns, scale },
    workgroupGrid(oneEach ? Math.ceil(rows / 8) : rows),
  );
}
