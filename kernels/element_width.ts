import { defineKernel, type Kernel } from "./launcher.ts";

/** A kernel for single elements and the same for vectors of four. */
export interface ElementWidths<Bindings extends string, Uniforms extends string> {
  readonly single: Kernel<Bindings, Uniforms>;
  readonly vector: Kernel<Bindings, Uniforms>;
}

/**
 * States a kernel whose shader names its type `Element`, once for f32 and once for vec4f, which is about twice as fast
 * but needs every size to be a multiple of 4.
 */
export function defineElementWidths<Bindings extends string, Uniforms extends string>(
  kernel: Kernel<Bindings, Uniforms>,
): ElementWidths<Bindings, Uniforms> {
  return {
    single: defineKernel({ ...kernel, elementBytes: 4, code: `alias Element = f32;\n${kernel.code}` }),
    vector: defineKernel({ ...kernel, elementBytes: 16, code: `alias Element = vec4f;\n${kernel.code}` }),
  };
}

/** The widest kernel that the sizes allow, and the number of elements that it counts as one. */
export function chooseWidth<Bindings extends string, Uniforms extends string>(
  kernels: ElementWidths<Bindings, Uniforms>,
  ...sizes: number[]
): { kernel: Kernel<Bindings, Uniforms>; width: 1 | 4 } {
  return sizes.every((size) => size % 4 === 0)
    ? { kernel: kernels.vector, width: 4 }
    : { kernel: kernels.single, width: 1 };
}
