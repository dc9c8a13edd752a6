import code from "./fill.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, vectorGrid, wholeVectors } from "../launcher.ts";

const kernel = defineKernel({ label: "fill", code, bindings: { y: "write" }, uniforms: { count: "u32", bits: "u32" } });
const float = new Float32Array(1), bits = new Uint32Array(float.buffer);

/** Sets all `count` f32 elements of y to a value. */
export function fill(
  launcher: Launcher,
  { y, count, value }: { readonly y: BufferSlice; readonly count: number; readonly value: number },
): void {
  float[0] = value;
  launcher.dispatch(kernel, { y: wholeVectors(y) }, { count, bits: bits[0]! }, vectorGrid(count));
}
