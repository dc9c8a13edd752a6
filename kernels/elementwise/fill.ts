import code from "./fill.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

const kernels = defineElementWidths({
  label: "fill",
  code,
  bindings: { y: "write" },
  uniforms: { count: "u32", value: "f32" },
  fillsWith: "value",
});

/** Sets all `count` f32 elements of y to a value. */
export function fill(
  launcher: Launcher,
  { y, count, value }: { readonly y: BufferSlice; readonly count: number; readonly value: number },
): void {
  const { kernel, width } = chooseWidth(kernels, count);
  launcher.dispatch(kernel, { y }, { count: count / width, value }, elementGrid(count / width));
}
