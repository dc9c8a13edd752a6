import code from "./transpose.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, rowGrid } from "../launcher.ts";

const kernel = defineKernel({
  label: "transpose",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: { rows: "u32", columns: "u32", total: "u32" },
});

/** y [batch, columns, rows] = the transposes of x [batch, rows, columns]. */
export function transpose(
  launcher: Launcher,
  { x, y, rows, columns, batch = 1 }: {
    x: BufferSlice;
    y: BufferSlice;
    rows: number;
    columns: number;
    batch?: number;
  },
): void {
  const total = batch * columns;
  launcher.dispatch(kernel, { x, y }, { rows, columns, total }, rowGrid(Math.ceil(rows / 64), total));
}
