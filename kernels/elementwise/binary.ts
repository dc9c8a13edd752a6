import arithmeticCode from "./arithmetic.wgsl" with { type: "text" };
import code from "./binary.wgsl" with { type: "text" };
import broadcastCode from "./broadcast.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import { broadcastAxes, type BroadcastAxis } from "./broadcast_axes.ts";

/** Arithmetic that `binary` knows. */
export type BinaryOperation = "add" | "subtract" | "multiply" | "divide";

const operations: readonly BinaryOperation[] = ["add", "subtract", "multiply", "divide"];

/** Operands and sizes of `binary`. */
export interface BinaryOptions {
  /** [count] */
  readonly a: BufferSlice;
  /** [count], or [period]. */
  readonly b: BufferSlice;
  /** Output, [count]. */
  readonly y: BufferSlice;
  /** Elements of a. */
  readonly count: number;
  /** Elements of b where it is a row that meets every row of a; `count` by default. */
  readonly period?: number;
}

/** Operands of `broadcastBinary`. */
export interface BroadcastBinaryOptions {
  /** Elements of `aShape`. */
  readonly a: BufferSlice;
  /** Shape of a. */
  readonly aShape: readonly number[];
  /** Elements of `bShape`. */
  readonly b: BufferSlice;
  /** Shape of b. */
  readonly bShape: readonly number[];
  /** Output, of `broadcastShape(aShape, bShape)`. */
  readonly y: BufferSlice;
}

const four = (name: string) => Object.fromEntries([0, 1, 2, 3].map((axis) => [`${name}_${axis}`, "u32" as const]));

const kernelsOf = (operation: BinaryOperation) => {
  const constants = { operation: operations.indexOf(operation) };
  const bindings = { a: "read", b: "read", y: "write" } as const;
  return {
    contiguous: [0, 1].map((repeat) =>
      defineElementWidths({
        label: operation,
        code: `${arithmeticCode}\n${code}`,
        bindings,
        uniforms: { count: "u32", period: "u32" },
        constants: { ...constants, repeat },
      })
    ),
    strided: defineKernel<"a" | "b" | "y", string>({
      label: `${operation}.broadcast`,
      code: `alias Element = f32;\n${arithmeticCode}\n${broadcastCode}`,
      bindings,
      uniforms: {
        ...four("size"),
        ...four("a_stride"),
        ...four("b_stride"),
        count: "u32",
        a_offset: "u32",
        b_offset: "u32",
        y_offset: "u32",
      },
      constants,
    }),
  };
};
const kernels = Object.fromEntries(operations.map((name) => [name, kernelsOf(name)])) as Record<
  BinaryOperation,
  ReturnType<typeof kernelsOf>
>;

/** y = a + b, a - b, a b or a / b, element by element, or with a row b for every row of a. */
export function binary(launcher: Launcher, operation: BinaryOperation, options: BinaryOptions): void {
  const { a, b, y, count, period = count } = options;
  const { kernel, width } = chooseWidth(kernels[operation].contiguous[period < count ? 1 : 0]!, count, period);
  const sizes = { count: count / width, period: period / width };
  launcher.dispatch(kernel, { a, b, y }, sizes, elementGrid(sizes.count));
}

/**
 * y = a + b, a - b, a b or a / b of any two shapes that fit together as in PyTorch.
 *
 * @throws ShapeError when they do not
 */
export function broadcastBinary(
  launcher: Launcher,
  operation: BinaryOperation,
  { a, aShape, b, bShape, y }: BroadcastBinaryOptions,
): void {
  const axes = broadcastAxes(aShape, bShape);
  const count = sizeOf(axes);
  // A repeated b comes before a row: what `binary` does with whole vectors.
  const plain = axes.every(({ aRepeats, bRepeats }, i) => !aRepeats && (!bRepeats || i === 0));
  if (plain) {
    binary(launcher, operation, { a, b, y, count, period: sizeOf(axes.filter(({ bRepeats }) => !bRepeats)) });
    return;
  }
  strided(launcher, operation, { a, b, y }, axes, { a: 0, b: 0, y: 0 });
}

/** One launch for the last four axes; those before them are counted through here. */
function strided(
  launcher: Launcher,
  operation: BinaryOperation,
  slices: Readonly<Record<"a" | "b" | "y", BufferSlice>>,
  axes: readonly BroadcastAxis[],
  offset: Readonly<Record<"a" | "b" | "y", number>>,
): void {
  const count = sizeOf(axes);
  const aStrides = stridesOf(axes, ({ aRepeats }) => aRepeats);
  const bStrides = stridesOf(axes, ({ bRepeats }) => bRepeats);
  if (axes.length > 4) {
    const [first, ...rest] = axes;
    for (let i = 0; i < first!.size; i++) {
      const at = { a: offset.a + i * aStrides[0]!, b: offset.b + i * bStrides[0]!, y: offset.y + i * sizeOf(rest) };
      strided(launcher, operation, slices, rest, at);
    }
    return;
  }
  const uniforms: Record<string, number> = { count, a_offset: offset.a, b_offset: offset.b, y_offset: offset.y };
  const missing = 4 - axes.length;
  for (let axis = 0; axis < 4; axis++) {
    uniforms[`size_${axis}`] = axes[axis - missing]?.size ?? 1;
    uniforms[`a_stride_${axis}`] = aStrides[axis - missing] ?? 0;
    uniforms[`b_stride_${axis}`] = bStrides[axis - missing] ?? 0;
  }
  launcher.dispatch(kernels[operation].strided, slices, uniforms, elementGrid(count));
}

function sizeOf(axes: readonly BroadcastAxis[]): number {
  return axes.reduce((product, { size }) => product * size, 1);
}

/** Elements from one position to the next along each axis, 0 where the operand repeats. */
function stridesOf(axes: readonly BroadcastAxis[], repeats: (axis: BroadcastAxis) => boolean): number[] {
  let stride = 1;
  return axes.toReversed().map((axis) => {
    if (repeats(axis)) return 0;
    const own = stride;
    stride *= axis.size;
    return own;
  }).reverse();
}
