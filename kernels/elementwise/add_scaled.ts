import code from "./add_scaled.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

const kernels = defineElementWidths({
  label: "add_scaled",
  code,
  bindings: { x: "read", y: "write" },
  uniforms: { count: "u32", x_factor: "f32", y_factor: "f32" },
  copiesIf: { x_factor: 1, y_factor: 0 },
});

/**
 * y = xFactor x + yFactor y, in place. The defaults add x to y: gradients accumulate so. With a `yFactor` of 0, y need not
 * hold anything: x is copied or scaled. x and y lie in different buffers.
 */
export function addScaled(
  launcher: Launcher,
  { x, y, count, xFactor = 1, yFactor = 1 }: {
    readonly x: BufferSlice;
    readonly y: BufferSlice;
    readonly count: number;
    readonly xFactor?: number;
    readonly yFactor?: number;
  },
): void {
  const { kernel, width } = chooseWidth(kernels, count);
  const uniforms = { count: count / width, x_factor: xFactor, y_factor: yFactor };
  launcher.dispatch(kernel, { x, y }, uniforms, elementGrid(count / width));
}
