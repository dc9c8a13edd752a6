import gramCode from "./gram_partials.wgsl" with { type: "text" };
import outerCode from "./contract_outer.wgsl" with { type: "text" };
import rowProductsCode from "./row_products.wgsl" with { type: "text" };
import { fill } from "../elementwise/fill.ts";
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import {
  type BufferSlice,
  defineKernel,
  elementGrid,
  expectRounds,
  type Launcher,
  part,
  rowGrid,
} from "../launcher.ts";
import { matmul } from "../matmul/matmul.ts";
import { timesX2 } from "./bilinear.ts";
import { alignment, type BilinearSizes, bilinearTiles } from "./tiles.ts";

const rowProducts = defineElementWidths({
  label: "bilinear.row_products",
  code: rowProductsCode,
  bindings: { dy: "read", x1: "read", u: "write" },
  uniforms: { batch: "u32", rows: "u32", first: "u32", out: "u32", width: "u32" },
});
const contractOuter = defineElementWidths({
  label: "bilinear.contract_outer",
  code: outerCode,
  bindings: { t: "read", dy: "read", dx1: "write" },
  uniforms: { batch: "u32", rows: "u32", first: "u32", out: "u32", width: "u32", accumulate: "u32" },
});
const gramPartials = defineKernel({
  label: "bilinear.gram_partials",
  code: gramCode,
  bindings: { gram_dy: "read", gram_x1: "read", gram_x2: "read", partials: "write" },
  uniforms: { batch: "u32", rows: "u32", first_element: "u32", first_partial: "u32", down: "f32" },
});

/** What the gradient of an input is computed from, and where it goes. */
export interface BilinearInputGradientOptions extends BilinearSizes {
  /** [batch, out] */
  readonly dy: BufferSlice;
  /** [out, in1, in2], in as many buffers as it takes, each with whole outputs. */
  readonly weight: readonly BufferSlice[];
  /** Adds to what the output holds. */
  readonly accumulate?: boolean;
}

/** dx1[b, i] = Σ over o of dy[b, o] (W_o x2[b])[i]. `x2` [batch, in2] → `dx1` [batch, in1]. */
export function bilinearBackwardX1(
  launcher: Launcher,
  options: BilinearInputGradientOptions & { readonly x2: BufferSlice; readonly dx1: BufferSlice },
): void {
  const { x2, dy, weight, dx1, batch, in1, out, accumulate = false } = options;
  if (out === 0 && !accumulate) fill(launcher, { y: dx1, count: batch * in1, value: 0 });
  const { kernel, width } = chooseWidth(contractOuter, in1);
  for (const tile of bilinearTiles(weight, options, launcher.capabilities)) {
    const { first, rows } = tile;
    const t = launcher.scratch(4 * batch * rows * in1);
    timesX2(launcher, x2, tile, t, options);
    const uniforms = { batch, rows, first, out, width: in1 / width, accumulate: accumulate || first > 0 ? 1 : 0 };
    launcher.dispatch(kernel, { t, dy, dx1 }, uniforms, rowGrid(Math.ceil(in1 / width / 64), batch));
    launcher.release(t);
  }
}

/** dx2[b, j] = Σ over o and i of dy[b, o] x1[b, i] W[o, i, j]. `x1` [batch, in1] → `dx2` [batch, in2]. */
export function bilinearBackwardX2(
  launcher: Launcher,
  options: BilinearInputGradientOptions & { readonly x1: BufferSlice; readonly dx2: BufferSlice },
): void {
  const { weight, dx2, batch, in1, in2, out, accumulate = false } = options;
  if (out === 0 && !accumulate) fill(launcher, { y: dx2, count: batch * in2, value: 0 });
  for (const { slice, first, rows } of bilinearTiles(weight, options, launcher.capabilities)) {
    const u = productsOfRows(launcher, options, first, rows);
    const k = rows * in1;
    matmul(launcher, { a: u, b: slice, c: dx2, m: batch, n: in2, k, accumulate: accumulate || first > 0 });
    launcher.release(u);
  }
}

/** The factors of a weight's gradient dW[o, i, j] = Σ over b of dy[b, o] x1[b, i] x2[b, j]. */
export interface BilinearFactors extends BilinearSizes {
  /** [batch, in1] */
  readonly x1: BufferSlice;
  /** [batch, in2] */
  readonly x2: BufferSlice;
  /** [batch, out] */
  readonly dy: BufferSlice;
}

/** A tile of the weight's gradient from its factors: the outputs from `first` on, `gradient` [rows, in1, in2]. */
export function bilinearBackwardWeight(
  launcher: Launcher,
  options: BilinearFactors & {
    readonly gradient: BufferSlice;
    readonly first: number;
    readonly rows: number;
    /** Adds to what the gradient holds. */
    readonly accumulate?: boolean;
  },
): void {
  const { x2, gradient, first, rows, batch, in1, in2, accumulate = false } = options;
  const u = productsOfRows(launcher, options, first, rows);
  matmul(launcher, { a: u, b: x2, c: gradient, m: rows * in1, n: in2, k: batch, transposeA: true, accumulate });
  launcher.release(u);
}

/**
 * The squared norm of the weight's gradient as partial sums for `gradientNorm`, one for each row of the batch, from the
 * elementwise product of the three Gram matrices of the factors: ‖dW‖² = Σ (dy dyᵀ) ∘ (x1 x1ᵀ) ∘ (x2 x2ᵀ).
 */
export function bilinearGradientPartials(
  launcher: Launcher,
  { x1, x2, dy, batch, in1, in2, out, partials, firstElement, firstPartial }: BilinearFactors & {
    readonly partials: BufferSlice;
    readonly firstElement: number;
    readonly firstPartial: number;
  },
): void {
  expectRounds(launcher, `the norm of a bilinear form's gradient over ${batch} rows`, 2 * batch);
  const uniforms = { batch, first_element: firstElement, down: 2 ** (-160 / 3) };
  // The matrices are made in blocks of rows that can be bound.
  const fitting = Math.floor(launcher.capabilities.maxBindingSize / 4 / batch / alignment) * alignment;
  const most = Math.max(fitting, alignment);
  for (let first = 0; first < batch; first += most) {
    const rows = Math.min(most, batch - first);
    const gram = (x: BufferSlice, width: number) => {
      const a = part(x, first * width, rows * width), c = launcher.scratch(4 * rows * batch);
      matmul(launcher, { a, b: x, c, m: rows, n: batch, k: width, transposeB: true });
      return c;
    };
    const [gram_dy, gram_x1, gram_x2] = [gram(dy, out), gram(x1, in1), gram(x2, in2)] as const;
    launcher.dispatch(
      gramPartials,
      { gram_dy, gram_x1, gram_x2, partials },
      { ...uniforms, rows, first_partial: firstPartial + first },
      elementGrid(rows),
    );
    for (const scratch of [gram_dy, gram_x1, gram_x2]) launcher.release(scratch);
  }
}

/** u[b, o, i] = dy[b, o] x1[b, i] for some outputs, in scratch memory that the caller releases. */
function productsOfRows(
  launcher: Launcher,
  { x1, dy, batch, in1, out }: BilinearSizes & { readonly x1: BufferSlice; readonly dy: BufferSlice },
  first: number,
  rows: number,
): BufferSlice {
  const u = launcher.scratch(4 * batch * rows * in1);
  const { kernel, width } = chooseWidth(rowProducts, in1);
  const uniforms = { batch, rows, first, out, width: in1 / width };
  launcher.dispatch(kernel, { dy, x1, u }, uniforms, rowGrid(Math.ceil(in1 / width / 64), batch * rows));
  return u;
}
