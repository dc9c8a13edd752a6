import code from "./sum_rows.wgsl" with { type: "text" };
import vectorCode from "./sum_rows_vector.wgsl" with { type: "text" };
import workgroupCode from "./sum_rows_workgroup.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, workgroupGrid } from "../launcher.ts";

const form = {
  bindings: { x: "read", y: "write" },
  uniforms: { rows: "u32", columns: "u32", scale: "f32" },
} as const;
const invocationPerRow = defineKernel({ label: "sum_rows", code, ...form });
const invocationPerRowOfVectors = defineKernel({ label: "sum_rows.vector", code: vectorCode, ...form });
const workgroupPerRow = defineKernel({ label: "sum_rows.workgroup", code: workgroupCode, ...form });

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

/** y = scale * the sum of x over its columns, [rows, columns] to [rows]. */
export function sumRows(launcher: Launcher, { x, y, rows, columns, scale = 1 }: SumRowsOptions): void {
  const software = launcher.capabilities.software;
  launcher.dispatch(
    software ? columns % 4 === 0 ? invocationPerRowOfVectors : invocationPerRow : workgroupPerRow,
    { x, y },
    { rows, columns, scale },
    workgroupGrid(software ? Math.ceil(rows / 8) : rows),
  );
}
