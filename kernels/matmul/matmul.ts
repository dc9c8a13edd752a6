import { ShapeError } from "../errors.ts";
import { type BufferSlice, elementGrid, type Launcher, maxWorkgroupsPerDimension } from "../launcher.ts";
import {
  type Activation,
  type MatmulKernel,
  type ProductForm,
  productKernel,
  type Stored,
  sumPartsKernel,
} from "./kernels.ts";
import { chooseMatmulVariant, leastParts, matmulGrid, matmulReads } from "./variants.ts";
import type { MatmulShape, MatmulVariant } from "./variant.ts";

/** Operands and sizes of a matrix product. */
export interface MatmulOptions {
  /** [batch, m, k], or [batch, k, m] with `transposeA`. */
  readonly a: BufferSlice;
  /** [batch, k, n], or [batch, n, k] with `transposeB`; without the batch where `sharedB`. */
  readonly b: BufferSlice;
  /** Output, [batch, m, n]. */
  readonly c: BufferSlice;
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Columns of op(A), rows of op(B). */
  readonly k: number;
  /** Products that are computed at once; 1 by default. */
  readonly batch?: number;
  /** A is stored [k, m]. */
  readonly transposeA?: boolean;
  /** B is stored [n, k]. */
  readonly transposeB?: boolean;
  /** One A serves the whole batch. */
  readonly sharedA?: boolean;
  /** One B serves the whole batch. */
  readonly sharedB?: boolean;
  /** [n], added to each row. */
  readonly bias?: BufferSlice | undefined;
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Function that results pass through, instead of the rectifier. */
  readonly activation?: Activation | undefined;
  /** Output of the sums before the activation, [batch, m, n], where its gradient will be needed. */
  readonly sums?: BufferSlice | undefined;
  /** Adds to what C holds (before the rectifier). */
  readonly accumulate?: boolean;
  /** How A is stored; "f32" by default. "f16" asks for a device with `shader-f16`. */
  readonly storedA?: Stored;
  /** How B is stored; "f32" by default. */
  readonly storedB?: Stored;
  /** Overrides the variant that `chooseMatmulVariant` picks. */
  readonly variant?: MatmulVariant;
}

/**
 * C = op(A) op(B), with an optional bias and rectifier or GELU in the same pass.
 *
 * @throws ShapeError when a size is no whole number or the output needs a grid that no device has
 */
export function matmul(launcher: Launcher, options: MatmulOptions): void {
  const { m, n, k, batch = 1, transposeA = false, transposeB = false, storedA = "f32", storedB = "f32" } = options;
  if (![m, n, k, batch].every((size) => Number.isInteger(size) && size >= 0)) {
    throw new ShapeError(`matmul: sizes are whole numbers from 0 on, but m is ${m}, n ${n}, k ${k}, batch ${batch}.`);
  }
  if (m * n * batch === 0) return;
  const shape = { m, n, k, batch, transposeA, transposeB };
  const { activation, bias, relu = false, accumulate = false } = options;
  const after = { activation, bias: !!bias, relu: relu && !activation, accumulate };
  const form = { transposeA, transposeB, storedA, storedB, ...after };
  const { capabilities } = launcher;
  // Sums of nothing, which only this variant makes.
  const chosen = k === 0
    ? { name: "small" } as const
    : options.variant ?? capabilities.matmulVariant?.(shape) ?? chooseMatmulVariant(shape, capabilities);
  const variant = { ...chosen, parts: Math.max(chosen.parts ?? 1, leastParts(k, chosen, capabilities)) };
  // A register tile writes its stores out, dozens of times over: compiled with an activation in each it takes many seconds.
  const inTwoPasses = variant.parts > 1 || (activation && variant.name === "register tile");
  if (inTwoPasses) splitProduct(launcher, options, shape, variant, form);
  else {
    const kernel = productKernel(variant, form);
    launch(
      launcher,
      kernel,
      options,
      options.c,
      { ...operandSizes(options), parts: 1, part_length: k },
      matmulGrid(shape, variant),
      matmulReads(shape, variant),
    );
  }
}

/** Makes the sums in parts, side by side in scratch memory, then adds them in order and does what follows a sum. */
function splitProduct(
  launcher: Launcher,
  options: MatmulOptions,
  shape: Required<MatmulShape>,
  variant: MatmulVariant & { readonly parts: number },
  form: ProductForm,
): void {
  const { m, n, k, batch } = shape;
  // Parts begin at multiples of four, and none is empty.
  const part_length = Math.ceil(k / variant.parts / 4) * 4;
  const parts = Math.ceil(k / part_length);
  const partials = launcher.scratch(4 * batch * parts * m * n);
  const [x, y, z] = matmulGrid(shape, variant);
  const plain = { ...options, bias: undefined, relu: false, accumulate: false, activation: undefined };
  const kernel = productKernel(variant, {
    ...form,
    activation: undefined,
    bias: false,
    relu: false,
    accumulate: false,
  });
  const sizesOfParts = { ...operandSizes(options), parts, part_length };
  const reads = matmulReads(shape, variant);
  launch(launcher, kernel, plain, partials, sizesOfParts, [x, y, z * parts], reads);
  const vector = n % 4 === 0, width = vector ? 4 : 1;
  const sizes = { m, n: n / width, k, stride_a: 0, stride_b: 0, stride_c: m * n / width, parts, part_length };
  const operands = { ...options, a: partials, b: partials };
  const grid = [...elementGrid(sizes.stride_c), batch] as const;
  launch(launcher, sumPartsKernel(vector, form), operands, options.c, sizes, grid, batch * parts * m * n);
  launcher.release(partials);
}

function operandSizes({ m, n, k, sharedA, sharedB }: MatmulOptions) {
  return { m, n, k, stride_a: sharedA ? 0 : m * k, stride_b: sharedB ? 0 : k * n, stride_c: m * n };
}

function launch(
  launcher: Launcher,
  kernel: MatmulKernel,
  { a, b, bias, activation, sums, m, n, batch = 1 }: MatmulOptions,
  c: BufferSlice,
  sizes: Omit<Parameters<typeof launcher.dispatch<string, keyof MatmulKernel["uniforms"]>>[2], "keeps_sums">,
  workgroups: readonly [number, number, number],
  reads: number,
): void {
  if (workgroups.some((count) => count > maxWorkgroupsPerDimension)) {
    throw new ShapeError(`matmul: an output of ${batch} x ${m} x ${n} needs more than 65,535 workgroups on one side.`);
  }
  // Sums that nobody keeps still need something bound to their place.
  const unused = activation && !sums ? launcher.scratch(16) : undefined;
  const place = sums ?? unused;
  launcher.dispatch(
    kernel,
    { a, b, bias: bias ?? b, c, ...(activation ? { sums: place } : {}) },
    { ...sizes, keeps_sums: sums ? 1 : 0 },
    workgroups,
    reads,
  );
  if (unused) launcher.release(unused);
}
