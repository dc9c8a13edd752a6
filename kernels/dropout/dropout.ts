import code from "./dropout.wgsl" with { type: "text" };
import maskedCode from "./masked.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher, vectorGrid, wholeVectors } from "../launcher.ts";
import { drawUniforms, drawValues, withPhilox } from "../random/draw.ts";
import { type Dropout, keepUniforms, keepValues } from "./keep.ts";

const kernel = defineKernel({
  label: "dropout",
  code: withPhilox(code),
  bindings: { x: "read", y: "write" },
  uniforms: { count: "u32", ...keepUniforms, ...drawUniforms },
});
const masked = defineKernel({
  label: "dropout.masked",
  code: maskedCode,
  bindings: { x: "read", mask: "read", y: "write" },
  uniforms: { count: "u32", keep_scale: "f32" },
});

/**
 * y = x / (1 - p) where an element is kept, else 0. The mask follows from the draw and is not stored: the same call on the
 * gradient is the backward pass.
 *
 * @throws MetrogradError when the probability is not in [0, 1)
 * @see Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout" (2014)
 */
export function dropout(
  launcher: Launcher,
  { x, y, count, probability, draw }: Dropout & { x: BufferSlice; y: BufferSlice; count: number },
): void {
  launcher.dispatch(
    kernel,
    { x: wholeVectors(x), y: wholeVectors(y) },
    { count, ...keepValues(probability), ...drawValues(draw) },
    vectorGrid(count),
  );
}

/** y = x mask / (1 - p) with a given i32 mask of 0 and 1; the same call on the gradient is the backward pass. */
export function maskedDropout(
  launcher: Launcher,
  { x, mask, y, count, probability }: {
    x: BufferSlice;
    mask: BufferSlice;
    y: BufferSlice;
    count: number;
    probability: number;
  },
): void {
  const { keep_scale } = keepValues(probability);
  launcher.dispatch(masked, { x, mask, y }, { count, keep_scale }, elementGrid(count));
}
