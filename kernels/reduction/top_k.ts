import rankCode from "./rank.wgsl" with { type: "text" };
import code from "./top_k.wgsl" with { type: "text" };
import { ShapeError } from "../errors.ts";
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import type { AxisView } from "./axis.ts";

const kernel = defineKernel({
  label: "top_k",
  code: `${rankCode}\n${code}`,
  bindings: { x: "read", position: "write" },
  uniforms: {
    outer: "u32",
    size: "u32",
    inner: "u32",
    k: "u32",
    found: "u32",
    found_end: "u32",
    start: "u32",
    end: "u32",
  },
});

/** Elements that an invocation looks at in one pass; see `mostRounds`. */
const perPass = 60_000;

/** Operands and sizes of `topK`. */
export interface TopKOptions extends AxisView {
  /** [outer, size, inner] */
  readonly x: BufferSlice;
  /** Output, [outer, k, inner], u32. */
  readonly position: BufferSlice;
  /** How many are looked for; the time grows with it. */
  readonly k: number;
}

/**
 * Positions of the k greatest elements of x along its middle axis, greatest first, of equal ones the first; NaN counts as
 * the greatest. `gather` gives the elements themselves.
 *
 * @throws ShapeError when the axis holds fewer than k
 */
export function topK(launcher: Launcher, { x, position, k, outer, size, inner }: TopKOptions): void {
  if (!(Number.isInteger(k) && k >= 0 && k <= size)) {
    throw new ShapeError(`top k: k is ${k}, but a whole number from 0 to the axis's ${size} elements is expected.`);
  }
  const finds = Math.max(1, Math.floor(perPass / size));
  for (let found = 0; found < k; found += finds) {
    for (let start = 0; start < size; start += perPass) {
      const range = { found, found_end: Math.min(found + finds, k), start, end: Math.min(start + perPass, size) };
      launcher.dispatch(kernel, { x, position }, { outer, size, inner, k, ...range }, elementGrid(outer * inner));
    }
  }
}
