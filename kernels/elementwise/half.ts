import toFloatCode from "./to_float.wgsl" with { type: "text" };
import toHalfCode from "./to_half.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

const form = { bindings: { x: "read", y: "write" }, uniforms: { count: "u32" } } as const;
const toHalfKernel = defineKernel({ label: "to_half", code: toHalfCode, ...form });
const toFloatKernel = defineKernel({ label: "to_float", code: toFloatCode, ...form });

/** Operands of a conversion between f32 and f16. */
export interface ConversionOptions {
  /** [count] */
  readonly x: BufferSlice;
  /** Output, [count]; halves fill whole words of two. */
  readonly y: BufferSlice;
  /** Number of elements. */
  readonly count: number;
}

/** Bytes that `count` halves fill: whole words of two. */
export function halfBytes(count: number): number {
  return Math.ceil(count / 2) * 4;
}

/** y = x, f32 to f16, rounded to the nearest; beyond ±65504 they become infinite. Any device can. */
export function toHalf(launcher: Launcher, { x, y, count }: ConversionOptions): void {
  launcher.dispatch(toHalfKernel, { x, y }, { count }, elementGrid(Math.ceil(count / 2)));
}

/** y = x, f16 to f32, exactly. Any device can. */
export function toFloat(launcher: Launcher, { x, y, count }: ConversionOptions): void {
  launcher.dispatch(toFloatKernel, { x, y }, { count }, elementGrid(Math.ceil(count / 2)));
}
