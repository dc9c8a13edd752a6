import innerCode from "./contract_inner.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import { matmul } from "../matmul/matmul.ts";
import { type BilinearSizes, type BilinearTile, bilinearTiles } from "./tiles.ts";

const contractInner = defineKernel({
  label: "bilinear.contract_inner",
  code: innerCode,
  bindings: { t: "read", x1: "read", bias: "read", y: "write" },
  uniforms: { batch: "u32", rows: "u32", first: "u32", out: "u32", in1: "u32", has_bias: "u32" },
});

/** Operands and sizes of `bilinear`. */
export interface BilinearOptions extends BilinearSizes {
  /** [batch, in1] */
  readonly x1: BufferSlice;
  /** [batch, in2] */
  readonly x2: BufferSlice;
  /** [out, in1, in2], in as many buffers as it takes, each with whole outputs. */
  readonly weight: readonly BufferSlice[];
  /** [out] */
  readonly bias?: BufferSlice | undefined;
  /** Output, [batch, out]. */
  readonly y: BufferSlice;
}

/**
 * y[b, o] = x1[b]ᵀ W_o x2[b] + bias[o], a tile of outputs at a time: T = x2 Wᵀ, then a contraction with x1. Of
 * [batch, out, in1] no more than a tile is ever in memory.
 *
 * @throws ShapeError when the weight's buffers do not hold `out` outputs
 */
export function bilinear(launcher: Launcher, options: BilinearOptions): void {
  const { x1, x2, weight, bias, y, batch, in1, out } = options;
  for (const tile of bilinearTiles(weight, options, launcher.capabilities)) {
    const { first, rows } = tile;
    const t = launcher.scratch(4 * batch * rows * in1);
    timesX2(launcher, x2, tile, t, options);
    const uniforms = { batch, rows, first, out, in1, has_bias: bias ? 1 : 0 };
    launcher.dispatch(contractInner, { t, x1, bias: bias ?? x1, y }, uniforms, elementGrid(batch * rows));
    launcher.release(t);
  }
}

/** t[b, o, :] = W_o x2[b, :] for the outputs of a tile. */
export function timesX2(
  launcher: Launcher,
  x2: BufferSlice,
  { slice, rows }: BilinearTile,
  t: BufferSlice,
  { batch, in1, in2 }: BilinearSizes,
): void {
  matmul(launcher, { a: x2, b: slice, c: t, m: batch, n: rows * in1, k: in2, transposeB: true });
}
