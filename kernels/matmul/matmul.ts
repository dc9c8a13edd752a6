import smallCode from "./small.wgsl" with { type: "text" };
import workgroupTileCode from "./workgroup_tile.wgsl" with { type: "text" };
import { ShapeError } from "../errors.ts";
import {
  type BufferSlice,
  defineKernel,
  type Launcher,
  maxWorkgroupsPerDimension,
  type Workgroups,
} from "../launcher.ts";
import { bindings, type RegisterTileKernel, registerTileKernel, uniforms } from "./register_tile.ts";
import { chooseMatmulVariant, type MatmulVariant } from "./variants.ts";

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
  /** Adds to what C holds (before the rectifier). */
  readonly accumulate?: boolean;
  /** Overrides the variant that `chooseMatmulVariant` picks. */
  readonly variant?: MatmulVariant;
}

const perLayout = (name: string, code: string) =>
  [0, 1, 2, 3].map((layout) =>
    defineKernel({
      label: `matmul.${layout & 2 ? "t" : "n"}${layout & 1 ? "t" : "n"}.${name}`,
      code,
      bindings,
      uniforms,
      constants: { transpose_a: layout >> 1, transpose_b: layout & 1 },
    })
  );
const smallKernels = perLayout("small", smallCode);
const workgroupTileKernels = perLayout("workgroup_tile", workgroupTileCode);

/**
 * C = op(A) op(B), with an optional bias and rectifier in the same pass.
 *
 * @throws ShapeError when a size is not positive or the output needs a grid that no device has
 */
export function matmul(launcher: Launcher, options: MatmulOptions): void {
  const { a, b, c, m, n, k, batch = 1, bias, relu, accumulate, sharedA, sharedB } = options;
  const { transposeA = false, transposeB = false } = options;
  if (!(m > 0 && n > 0 && k > 0 && batch > 0)) {
    throw new ShapeError(`matmul: sizes must be positive, but are m ${m}, n ${n}, k ${k}, batch ${batch}.`);
  }
  const shape = { m, n, k, transposeA, transposeB };
  const variant = options.variant ?? chooseMatmulVariant(shape, launcher.capabilities);
  const { kernel, workgroups } = plan(variant, shape, batch);
  if (workgroups.some((count) => count! > maxWorkgroupsPerDimension)) {
    throw new ShapeError(`matmul: an output of ${batch} x ${m} x ${n} needs more than 65,535 workgroups on one side.`);
  }
  launcher.dispatch(kernel, { a, b, bias: bias ?? b, c }, {
    m,
    n,
    k,
    stride_a: sharedA ? 0 : m * k,
    stride_b: sharedB ? 0 : k * n,
    stride_c: m * n,
    flags: (bias ? 1 : 0) + (relu ? 2 : 0) + (accumulate ? 4 : 0),
  }, workgroups);
}

function plan(
  variant: MatmulVariant,
  { m, n, transposeA, transposeB }: { m: number; n: number; transposeA: boolean; transposeB: boolean },
  batch: number,
): { kernel: RegisterTileKernel; workgroups: Workgroups } {
  const layout = (transposeA ? 2 : 0) + (transposeB ? 1 : 0);
  switch (variant.name) {
    case "small":
      return { kernel: smallKernels[layout]!, workgroups: [Math.ceil(Math.max(m, n) / 64), Math.min(m, n), batch] };
    case "workgroup tile":
      return { kernel: workgroupTileKernels[layout]!, workgroups: [Math.ceil(n / 64), Math.ceil(m / 64), batch] };
    case "register tile": {
      const { rows, columns, lanes } = variant;
      return {
        kernel: registerTileKernel({ ...variant, transposeA, transposeB }),
        workgroups: [Math.ceil(n / columns), Math.ceil(m / (rows * lanes)), batch],
      };
    }
  }
}
