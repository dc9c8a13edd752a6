import normCode from "./gradient_norm.wgsl" with { type: "text" };
import partialsCode from "./gradient_partials.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { type BilinearFactors, bilinearGradientPartials } from "../bilinear/bilinear_backward.ts";
import { type BufferSlice, defineKernel, type Launcher, wholeVectors, workgroupGrid } from "../launcher.ts";

const elementsPerBlock = 16384;
const partialsPerBlock = 64;
const bytesPerPartial = 12;
/** Largest finite f32. */
export const largestFloat = 3.4028234663852886e38;

const partialsKernel = defineKernel({
  label: "gradient_norm.partials",
  code: partialsCode,
  bindings: { gradient: "read", partials: "write" },
  uniforms: { count: "u32", first_element: "u32", first_partial: "u32", down: "f32" },
});
const normKernel = defineKernel({
  label: "gradient_norm",
  code: `${statusCode}\n${normCode}`,
  bindings: { partials: "read", status: "write" },
  uniforms: { partials: "u32", max_norm: "f32" },
});

/** Bytes of a gradient status: norm (f32), clip coefficient (f32), first unusable element (u32). */
export const gradientStatusBytes = 12;

/** What `gradientNorm` found. */
export interface GradientStatus {
  /** Global L2 norm before clipping. */
  readonly norm: number;
  /** Factor that the optimiser puts on the gradient; 0 where an element cannot be used. */
  readonly coefficient: number;
  /** Number, over all ranges, of the first element that is NaN or infinite; null where all are fine. */
  readonly firstUnusable: number | null;
}

/** Reads a gradient status that was copied from the GPU. */
export function readGradientStatus(bytes: ArrayBufferView): GradientStatus {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const firstUnusable = view.getUint32(8, true);
  return {
    norm: view.getFloat32(0, true),
    coefficient: view.getFloat32(4, true),
    firstUnusable: firstUnusable === 0xffffffff ? null : firstUnusable,
  };
}

/**
 * Writes the status of a gradient: its global norm, the coefficient min(1, maxNorm / (norm + 1e-6)) that clips it, and
 * the first element that cannot be used, on which optimisers leave everything as it is.
 *
 * @see Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013)
 */
export function gradientNorm(
  launcher: Launcher,
  { ranges, factored = [], status, maxNorm = Infinity }: {
    /** The gradients of all parameters, in order. */
    readonly ranges: readonly { readonly gradient: BufferSlice; readonly count: number }[];
    /** Gradients that are given as factors; they come after the ranges. */
    readonly factored?: readonly BilinearFactors[];
    /** Output of `gradientStatusBytes`. */
    readonly status: BufferSlice;
    /** Largest norm; none by default. */
    readonly maxNorm?: number;
  },
): void {
  const blocksOf = (count: number) => Math.ceil(count / elementsPerBlock);
  const count = ranges.reduce((sum, range) => sum + blocksOf(range.count), 0) * partialsPerBlock +
    factored.reduce((sum, { batch }) => sum + batch, 0);
  const partials = launcher.scratch(count * bytesPerPartial);
  let firstElement = 0, firstPartial = 0;
  for (const { gradient, count } of ranges) {
    launcher.dispatch(
      partialsKernel,
      { gradient: wholeVectors(gradient), partials },
      { count, first_element: firstElement, first_partial: firstPartial, down: 2 ** -80 },
      workgroupGrid(blocksOf(count)),
    );
    firstElement += count;
    firstPartial += blocksOf(count) * partialsPerBlock;
  }
  for (const factors of factored) {
    bilinearGradientPartials(launcher, { ...factors, partials, firstElement, firstPartial });
    firstElement += factors.out * factors.in1 * factors.in2;
    firstPartial += factors.batch;
  }
  launcher.dispatch(normKernel, { partials, status }, {
    partials: count,
    max_norm: Math.min(maxNorm, largestFloat),
  }, [1]);
  launcher.release(partials);
}

/**
 * Looks for the first element that is NaN or infinite, and takes the norm along the way.
 *
 * @example
 * kernels.scanFinite(launcher, { x, count, status });
 * // ... copy `status` to the host ...
 * const { firstUnusable } = kernels.readGradientStatus(bytes);
 */
export function scanFinite(
  launcher: Launcher,
  { x, count, status }: {
    /** Elements of any kind of tensor, [count]. */
    readonly x: BufferSlice;
    /** Number of elements. */
    readonly count: number;
    /** Output of `gradientStatusBytes`, as `gradientNorm` writes it. */
    readonly status: BufferSlice;
  },
): void {
  gradientNorm(launcher, { ranges: [{ gradient: x, count }], status });
}
