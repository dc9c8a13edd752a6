import code from "./scale_by.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

const kernels = defineElementWidths({
  label: "scale_by",
  code,
  bindings: { x: "read", scalar: "read", y: "write" },
  uniforms: { count: "u32" },
  copiesIf: { scalar: 1 },
});

/** y = scalar x with a scalar from a buffer: a loss's gradient times the gradient from above. All of `count` elements. */
export function scaleBy(
  launcher: Launcher,
  { x, scalar, y, count }: { x: BufferSlice; scalar: BufferSlice; y: BufferSlice; count: number },
): void {
  const { kernel, width } = chooseWidth(kernels, count);
  launcher.dispatch(kernel, { x, scalar, y }, { count: count / width }, elementGrid(count / width));
}
