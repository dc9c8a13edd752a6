import code from "./binary.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Arithmetic that `binary` knows. */
export type BinaryOperation = "add" | "subtract" | "multiply" | "divide";

/** In the order of their numbers in binary.wgsl. */
const operations: readonly BinaryOperation[] = ["add", "subtract", "multiply", "divide"];

/** Operands and sizes of `binary`. */
export interface BinaryOptions {
  /** [count] */
  readonly a: BufferSlice;
  /** [count], or [period]. */
  readonly b: BufferSlice;
  /** Output, [count]. */
  readonly y: BufferSlice;
  /** Elements of a and y. */
  readonly count: number;
  /** Elements of b where it is a row that meets every row of a; `count` by default. */
  readonly period?: number;
}

const kernelsOf = (operation: BinaryOperation) =>
  [0, 1].map((repeat) =>
    defineElementWidths({
      label: operation,
      code,
      bindings: { a: "read", b: "read", y: "write" },
      uniforms: { count: "u32", period: "u32" },
      constants: { operation: operations.indexOf(operation), repeat },
    })
  );
const kernels = Object.fromEntries(operations.map((name) => [name, kernelsOf(name)])) as Record<
  BinaryOperation,
  ReturnType<typeof kernelsOf>
>;

/** y = a + b, a - b, a b or a / b, element by element, or with a row b for every row of a. */
export function binary(launcher: Launcher, operation: BinaryOperation, options: BinaryOptions): void {
  const { a, b, y, count, period = count } = options;
  const { kernel, width } = chooseWidth(kernels[operation][period < count ? 1 : 0]!, count, period);
  const sizes = { count: count / width, period: period / width };
  launcher.dispatch(kernel, { a, b, y }, sizes, elementGrid(sizes.count));
}
