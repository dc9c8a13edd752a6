import forwardCode from "./pairwise.wgsl" with { type: "text" };
import backwardCode from "./pairwise_backward.wgsl" with { type: "text" };
import rootSlopeCode from "./root_slope.wgsl" with { type: "text" };
import sixteenCode from "./sixteen.wgsl" with { type: "text" };
import broadcastCode from "./sixteen_broadcast.wgsl" with { type: "text" };
import readCode from "./sixteen_read.wgsl" with { type: "text" };
import { ShapeError } from "../errors.ts";
import {
  type BufferSlice,
  defineKernel,
  elementGrid,
  type Launcher,
  maxWorkgroupsPerDimension,
  type Workgroups,
} from "../launcher.ts";

/** Rows and columns of the result that one workgroup of 8 invocations makes. */
const tileRows = 32, tileColumns = 16;

/** Sizes of all pairwise launches. */
export interface PairwiseSizes {
  /** Rows of x. */
  readonly xRows: number;
  /** Rows of y. */
  readonly yRows: number;
  /** Length of a row. */
  readonly columns: number;
}

/** Operands of `pairwiseDistance`. */
export interface PairwiseDistanceOptions extends PairwiseSizes {
  /** [xRows, columns] */
  readonly x: BufferSlice;
  /** [yRows, columns] */
  readonly y: BufferSlice;
  /** Output, [xRows, yRows]. */
  readonly distance: BufferSlice;
  /** x M and y M, of the shapes of x and y, for the squared Mahalanobis distance of M; without them M is the identity. */
  readonly projected?: { readonly x: BufferSlice; readonly y: BufferSlice } | undefined;
  /** Takes the square root. */
  readonly root?: boolean;
}

/** A kernel whose invocations read all sixteen numbers of y, or hand them round a subgroup of 8. */
const variants = <Variant>(define: (prelude: string, suffix: string) => Variant) => ({
  read: define(`${sixteenCode}\n${readCode}`, ""),
  broadcast: define(`${sixteenCode}\n${broadcastCode}`, ".subgroup"),
});

function variantFor<Variant>(launcher: Launcher, { read, broadcast }: { read: Variant; broadcast: Variant }): Variant {
  return launcher.capabilities.subgroupSize === 8 ? broadcast : read;
}

const forwardKernels = ["squared", "root", "product"].map((form) =>
  variants((prelude, suffix) =>
    defineKernel({
      label: `distance.pairwise_${form}${suffix}`,
      code: `${prelude}\n${forwardCode}`,
      bindings: { y: "read", q: "read", x: "read", p: "read", distance: "write" },
      uniforms: { x_rows: "u32", y_rows: "u32", columns: "u32" },
      constants: { root: form === "root" ? 1 : 0, product: form === "product" ? 1 : 0 },
    })
  )
);

/**
 * Distances of all rows of x to all rows of y, exactly 0 for equal ones: |x_i - y_j|² or its root, or with `projected`
 * (x_i - y_j)ᵀ M (x_i - y_j).
 *
 * @throws ShapeError when the output needs a grid that no device has
 */
export function pairwiseDistance(launcher: Launcher, options: PairwiseDistanceOptions): void {
  const { x, y, distance, projected, xRows, yRows, columns, root = false } = options;
  const kernel = variantFor(launcher, forwardKernels[projected ? 2 : root ? 1 : 0]!);
  const operands = { y, q: projected?.y ?? y, x, p: projected?.x ?? x, distance };
  launcher.dispatch(kernel, operands, { x_rows: xRows, y_rows: yRows, columns }, tileGrid(xRows, yRows));
}

const backwardKernels = ["plain", "weighted", "squares"].map((form) =>
  variants((prelude, suffix) =>
    defineKernel({
      label: `distance.pairwise_backward_${form}${suffix}`,
      code: `${prelude}\n${backwardCode}`,
      bindings: { y: "read", q: "read", x: "read", c: "read", m: "read", u: "write" },
      uniforms: { x_rows: "u32", y_rows: "u32", columns: "u32", stride_x: "u32", stride_y: "u32", scale: "f32" },
      constants: { weighted: form === "weighted" ? 1 : 0, squares: form === "squares" ? 1 : 0 },
    })
  )
);

/** Operands of `pairwiseDifferences`. */
export interface PairwiseDifferencesOptions extends PairwiseSizes {
  /** [xRows, columns] */
  readonly x: BufferSlice;
  /** [yRows, columns] */
  readonly y: BufferSlice;
  /** A factor for each pair, [xRows, yRows], or [yRows, xRows] with `transposed`. */
  readonly factors: BufferSlice;
  /** Output, [xRows, columns]. */
  readonly sums: BufferSlice;
  /** The factors are stored [yRows, xRows]. */
  readonly transposed?: boolean;
  /** A factor for each column, [columns]; not together with `squares`. */
  readonly columnFactors?: BufferSlice | undefined;
  /** Squares the differences. */
  readonly squares?: boolean;
  /** Factor on the sums. */
  readonly scale?: number;
}

/**
 * Σ_j c_ij (x_i - y_j) for every row of x: with the upstream gradients of squared distances as factors c, half their
 * gradient for x (and with x and y exchanged and c transposed, for y).
 *
 * @throws ShapeError when the output needs a grid that no device has
 */
export function pairwiseDifferences(launcher: Launcher, options: PairwiseDifferencesOptions): void {
  const { x, y, factors, sums, transposed, columnFactors, squares, scale = 1, xRows, yRows, columns } = options;
  const kernel = variantFor(launcher, backwardKernels[squares ? 2 : columnFactors ? 1 : 0]!);
  const [stride_x, stride_y] = transposed ? [1, xRows] : [yRows, 1];
  launcher.dispatch(
    kernel,
    { y, q: y, x, c: factors, m: columnFactors ?? x, u: sums },
    { x_rows: xRows, y_rows: yRows, columns, stride_x, stride_y, scale },
    tileGrid(xRows, columns),
  );
}

const rootSlopeKernel = defineKernel({
  label: "distance.root_slope",
  code: rootSlopeCode,
  bindings: { distance: "read", dy: "read", c: "write" },
  uniforms: { count: "u32" },
});

/** Operands of `rootSlope`. */
export interface RootSlopeOptions {
  /** [count] */
  readonly distance: BufferSlice;
  /** Gradient for the distances, [count]. */
  readonly dy: BufferSlice;
  /** Output, [count]. */
  readonly factors: BufferSlice;
  /** Number of distances. */
  readonly count: number;
}

/** dy / distance, and 0 where the distance is 0: the factors that lead back from |x - y| to x - y. */
export function rootSlope(launcher: Launcher, { distance, dy, factors, count }: RootSlopeOptions): void {
  launcher.dispatch(rootSlopeKernel, { distance, dy, c: factors }, { count }, elementGrid(count));
}

function tileGrid(rows: number, columns: number): Workgroups {
  const grid = [Math.ceil(columns / tileColumns), Math.ceil(rows / tileRows)] as const;
  if (grid.some((count) => count > maxWorkgroupsPerDimension)) {
    throw new ShapeError(`pairwise distance: a result of ${rows} x ${columns} needs more than 65,535 workgroups.`);
  }
  return grid;
}
