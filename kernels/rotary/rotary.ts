import code from "./rotary.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

const kernels = defineElementWidths({
  label: "rotary",
  code,
  bindings: { x: "read", table: "read", y: "write" },
  uniforms: {
    ...{ count: "u32", columns: "u32", tokens: "u32", heads: "u32", head_size: "u32", half: "u32" },
    direction: "f32",
  } as const,
});

/** Operands and sizes of `rotary`. */
export interface RotaryOptions {
  /** [rows, columns]: heads side by side, a token a row. */
  readonly x: BufferSlice;
  /** Cosines and sines of each position, [tokens, 2, half]. */
  readonly table: BufferSlice;
  /** Output, [rows, columns]. */
  readonly y: BufferSlice;
  /** Tokens of all sequences. */
  readonly rows: number;
  /** Numbers of a token; a multiple of `headSize`. */
  readonly columns: number;
  /** Tokens of a sequence. */
  readonly tokens: number;
  /** The first heads of a token, which are turned; the others are copied. */
  readonly heads: number;
  /** Width of a head. */
  readonly headSize: number;
  /** Pairs of numbers of a head that are turned. */
  readonly half: number;
  /** True to turn back: the gradient of the turn. */
  readonly back?: boolean;
}

/**
 * y = x with its first heads turned by their token's position.
 *
 * @see Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021)
 */
export function rotary(launcher: Launcher, options: RotaryOptions): void {
  const { x, table, y, rows, columns, tokens, heads, headSize, half, back = false } = options;
  const { kernel, width } = chooseWidth(kernels, columns, headSize, half);
  const count = rows * columns / width;
  launcher.dispatch(kernel, { x, table, y }, {
    ...{ count, columns: columns / width, tokens, heads, head_size: headSize / width, half: half / width },
    direction: back ? -1 : 1,
  }, elementGrid(count));
}
