import code from "./relu_backward.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

const kernels = defineElementWidths({
  label: "relu.backward",
  code,
  bindings: { y: "read", dy: "read", dx: "write" },
  uniforms: { count: "u32" },
});

/** dx = dy where the rectifier's output y is positive, else 0. All of `count` elements. */
export function reluBackward(
  launcher: Launcher,
  { y, dy, dx, count }: { y: BufferSlice; dy: BufferSlice; dx: BufferSlice; count: number },
): void {
  const { kernel, width } = chooseWidth(kernels, count);
  launcher.dispatch(kernel, { y, dy, dx }, { count: count / width }, elementGrid(count / width));
}
