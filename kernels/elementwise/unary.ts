import fourCode from "./functions_four.wgsl" with { type: "text" };
import oneCode from "./functions_one.wgsl" with { type: "text" };
import stableCode from "./stable.wgsl" with { type: "text" };
import forwardCode from "./unary.wgsl" with { type: "text" };
import backwardCode from "./unary_backward.wgsl" with { type: "text" };
import { chooseWidth } from "../element_width.ts";
import { elementwiseFunctions, functionCode, type UnaryFunction, unaryFunctions } from "./functions.ts";
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

/** Sizes of a function's launch. */
export interface UnaryOptions {
  /** [count] */
  readonly x: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Lower bound of `clamp`; 0 by default. */
  readonly low?: number;
  /** Upper bound of `clamp`; 0 by default. */
  readonly high?: number;
}

const uniforms = { count: "u32", low: "f32", high: "f32" } as const;
/** A shader for single elements and for vectors of four. */
const widthsOf = <Bindings extends string>(
  label: string,
  name: UnaryFunction,
  code: string,
  bindings: Readonly<Record<Bindings, "read" | "write">>,
) => {
  const of = (alias: string, each: string) =>
    defineKernel({
      label,
      code: [alias, stableCode, functionCode(elementwiseFunctions[name]), each, code].join("\n"),
      bindings,
      uniforms,
    });
  return { single: of("alias Element = f32;", oneCode), vector: of("alias Element = vec4f;", fourCode) };
};
const kernelsOf = (name: UnaryFunction) => ({
  forward: widthsOf(name, name, forwardCode, { x: "read", y: "write" }),
  backward: widthsOf(`${name}.backward`, name, backwardCode, { x: "read", dy: "read", dx: "write" }),
});
const kernels = Object.fromEntries(unaryFunctions.map((name) => [name, kernelsOf(name)])) as Record<
  UnaryFunction,
  ReturnType<typeof kernelsOf>
>;

/** y = f(x), [count]. */
export function unary(
  launcher: Launcher,
  name: UnaryFunction,
  { x, y, count, low = 0, high = 0 }: UnaryOptions & { readonly y: BufferSlice },
): void {
  const { kernel, width } = chooseWidth(kernels[name].forward, count);
  launcher.dispatch(kernel, { x, y }, { count: count / width, low, high }, elementGrid(count / width));
}

/** dx = f'(x) dy, [count]. `abs` and `relu` have slope 0 at 0; `clamp` has slope 1 at its bounds. */
export function unaryBackward(
  launcher: Launcher,
  name: UnaryFunction,
  { x, dy, dx, count, low = 0, high = 0 }: UnaryOptions & { readonly dy: BufferSlice; readonly dx: BufferSlice },
): void {
  const { kernel, width } = chooseWidth(kernels[name].backward, count);
  launcher.dispatch(kernel, { x, dy, dx }, { count: count / width, low, high }, elementGrid(count / width));
}
