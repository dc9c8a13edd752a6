import code from "./fill_random.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, vectorGrid, wholeVectors } from "../launcher.ts";
import { type Draw, drawUniforms, drawValues, withPhilox } from "./draw.ts";

const [uniformKernel, normalKernel, wordsKernel] = ["random.uniform", "random.normal", "random.words"].map(
  (label, distribution) =>
    defineKernel({
      label,
      code: withPhilox(code),
      bindings: { y: "write" },
      uniforms: { count: "u32", first_block: "u32", offset: "f32", scale: "f32", ...drawUniforms },
      constants: { distribution },
    }),
);

/** Where random numbers go, and which. */
export interface FillRandomOptions {
  /** Output, [count]. */
  readonly y: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Which random numbers. */
  readonly draw: Draw;
}

/** Fills y with f32 uniform on [low, high), of 24 random bits: (word >> 8) / 2^24 scaled. */
export function fillUniform(
  launcher: Launcher,
  { y, count, draw, low = 0, high = 1 }: FillRandomOptions & { readonly low?: number; readonly high?: number },
): void {
  const uniforms = { count, first_block: (draw.from ?? 0) / 4, offset: low, scale: high - low, ...drawValues(draw) };
  launcher.dispatch(uniformKernel!, { y: wholeVectors(y) }, uniforms, vectorGrid(count));
}

/**
 * Fills y with f32 normal numbers. The words are the same on every GPU; their logarithms and cosines are the driver's.
 *
 * @see Box, Muller, "A note on the generation of random normal deviates" (1958)
 */
export function fillNormal(
  launcher: Launcher,
  { y, count, draw, mean = 0, deviation = 1 }: FillRandomOptions & {
    readonly mean?: number;
    readonly deviation?: number;
  },
): void {
  const uniforms = { count, first_block: (draw.from ?? 0) / 4, offset: mean, scale: deviation, ...drawValues(draw) };
  launcher.dispatch(normalKernel!, { y: wholeVectors(y) }, uniforms, vectorGrid(count));
}

/** Fills y with the u32 words themselves. */
export function fillWords(launcher: Launcher, { y, count, draw }: FillRandomOptions): void {
  const uniforms = { count, first_block: (draw.from ?? 0) / 4, offset: 0, scale: 0, ...drawValues(draw) };
  launcher.dispatch(wordsKernel!, { y: wholeVectors(y) }, uniforms, vectorGrid(count));
}
