import fourCode from "../elementwise/functions_four.wgsl" with { type: "text" };
import oneCode from "../elementwise/functions_one.wgsl" with { type: "text" };
import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import forwardCode from "./gated.wgsl" with { type: "text" };
import backwardCode from "./gated_backward.wgsl" with { type: "text" };
import { chooseWidth } from "../element_width.ts";
import { elementwiseFunctions, functionCode } from "../elementwise/functions.ts";
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

/** Functions that a gate is passed through. */
export const gateFunctions = ["gelu", "gelu_tanh", "silu"] as const;

/** One of `gateFunctions`. */
export type GateFunction = typeof gateFunctions[number];

const uniforms = { count: "u32", columns: "u32" } as const;

function kernelsOf(name: GateFunction) {
  const code = (alias: string, each: string, main: string) =>
    [alias, stableCode, functionCode(elementwiseFunctions[name]), each, main].join("\n");
  const forward = (alias: string, each: string) =>
    defineKernel({
      label: `gated_${name}`,
      code: code(alias, each, forwardCode),
      bindings: { x: "read", y: "write" },
      uniforms,
    });
  const backward = (alias: string, each: string) =>
    defineKernel({
      label: `gated_${name}.backward`,
      code: code(alias, each, backwardCode),
      bindings: { x: "read", dy: "read", dx: "write" },
      uniforms,
    });
  const one = ["alias Element = f32;", oneCode] as const, four = ["alias Element = vec4f;", fourCode] as const;
  return {
    forward: { single: forward(...one), vector: forward(...four) },
    backward: { single: backward(...one), vector: backward(...four) },
  };
}
const kernels = { gelu: kernelsOf("gelu"), gelu_tanh: kernelsOf("gelu_tanh"), silu: kernelsOf("silu") };

/** Operands and sizes that `gated` and its gradient share. */
export interface GatedOptions {
  /** [rows, 2 columns]: the gate, and what it lets through. */
  readonly x: BufferSlice;
  /** Number of rows. */
  readonly rows: number;
  /** Numbers of a row of the result. */
  readonly columns: number;
}

/**
 * y = f(gate) value, [rows, columns].
 *
 * @see Shazeer, "GLU variants improve transformer" (2020)
 */
export function gated(
  launcher: Launcher,
  name: GateFunction,
  { x, y, rows, columns }: GatedOptions & { readonly y: BufferSlice },
): void {
  const { kernel, width } = chooseWidth(kernels[name].forward, columns);
  const count = rows * columns / width;
  launcher.dispatch(kernel, { x, y }, { count, columns: columns / width }, elementGrid(count));
}

/** dx of `gated`, [rows, 2 columns]. */
export function gatedBackward(
  launcher: Launcher,
  name: GateFunction,
  { x, dy, dx, rows, columns }: GatedOptions & { readonly dy: BufferSlice; readonly dx: BufferSlice },
): void {
  const { kernel, width } = chooseWidth(kernels[name].backward, columns);
  const count = rows * columns / width;
  launcher.dispatch(kernel, { x, dy, dx }, { count, columns: columns / width }, elementGrid(count));
}
