import functionsCode from "./functions.wgsl" with { type: "text" };
import stableCode from "./stable.wgsl" with { type: "text" };
import forwardCode from "./unary.wgsl" with { type: "text" };
import backwardCode from "./unary_backward.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

/** Names of the functions of one variable, in the order of their numbers in functions.wgsl. */
export const unaryFunctions = [
  "square",
  "abs",
  "exp",
  "log",
  "sqrt",
  "tanh",
  "sigmoid",
  "softplus",
  "gelu",
  "gelu_tanh",
  "silu",
  "relu",
  "clamp",
] as const;

/** A function of one variable. */
export type UnaryFunction = typeof unaryFunctions[number];

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
const kernelsOf = (name: UnaryFunction) => {
  const constants = { operation: unaryFunctions.indexOf(name) };
  return {
    forward: defineKernel({
      label: name,
      code: `${stableCode}\n${functionsCode}\n${forwardCode}`,
      bindings: { x: "read", y: "write" },
      uniforms,
      constants,
    }),
    backward: defineKernel({
      label: `${name}.backward`,
      code: `${stableCode}\n${functionsCode}\n${backwardCode}`,
      bindings: { x: "read", dy: "read", dx: "write" },
      uniforms,
      constants,
    }),
  };
};
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
  launcher.dispatch(kernels[name].forward, { x, y }, { count, low, high }, elementGrid(count));
}

/** dx = f'(x) dy, [count]. `abs` and `relu` have slope 0 at 0; `clamp` has slope 1 at its bounds. */
export function unaryBackward(
  launcher: Launcher,
  name: UnaryFunction,
  { x, dy, dx, count, low = 0, high = 0 }: UnaryOptions & { readonly dy: BufferSlice; readonly dx: BufferSlice },
): void {
  launcher.dispatch(kernels[name].backward, { x, dy, dx }, { count, low, high }, elementGrid(count));
}
