import sumCode from "./lane_sum.wgsl" with { type: "text" };
import rowCode from "./row_lanes.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Kernel, type Launcher, workgroupGrid } from "../launcher.ts";

/** A kernel that handles a matrix row by row, for a GPU and for a CPU in a GPU's place; see row_lanes.wgsl. */
export interface RowKernel<Bindings extends string, Uniforms extends string> {
  /** A workgroup a row. */
  readonly hardware: Kernel<Bindings, Uniforms>;
  /** An invocation a row. */
  readonly software: Kernel<Bindings, Uniforms>;
}

const hardwareLanes = 64, softwareRows = 8;

/** States both forms of a row kernel; its shader states `Sums` and uses the functions of row_lanes.wgsl and lane_sum.wgsl. */
export function defineRowKernel<Bindings extends string, Uniforms extends string>(
  kernel: Kernel<Bindings, Uniforms>,
): RowKernel<Bindings, Uniforms> {
  const form = (lanes: number, group_size: number) =>
    defineKernel({
      ...kernel,
      code: [sumCode, rowCode, kernel.code].join("\n"),
      constants: { ...kernel.constants, lanes, group_size },
    });
  return { hardware: form(hardwareLanes, hardwareLanes), software: form(1, softwareRows) };
}

/** Longest row that one invocation handles; it may go through it three times, see `mostRounds`. */
const longestOfOne = 20_000;

/** Runs a row kernel on all rows. */
export function dispatchRows<Bindings extends string, Uniforms extends string>(
  launcher: Launcher,
  { hardware, software }: RowKernel<Bindings, Uniforms>,
  bindings: Readonly<Record<Bindings, BufferSlice>>,
  uniforms: Readonly<Record<Uniforms, number>>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): void {
  if (launcher.capabilities.software && columns <= longestOfOne) {
    launcher.dispatch(software, bindings, uniforms, workgroupGrid(Math.ceil(rows / softwareRows)));
  } else {
    launcher.dispatch(hardware, bindings, uniforms, workgroupGrid(rows));
  }
}
