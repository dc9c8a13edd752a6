import forwardCode from "./pairwise.wgsl" with { type: "text" };
import backwardCode from "./pairwise_backward.wgsl" with { type: "text" };
import rootSlopeCode from "./root_slope.wgsl" with { type: "text" };
import columnsBroadcastCode from "./columns_broadcast.wgsl" with { type: "text" };
import columnsReadCode from "./columns_read.wgsl" with { type: "text" };
import rowBroadcastCode from "./row_broadcast.wgsl" with { type: "text" };
import rowReadCode from "./row_read.wgsl" with { type: "text" };
import tileCode from "./tile.wgsl" with { type: "text" };
import { ShapeError } from "../errors.ts";
import {
  type BufferSlice,
  defineKernel,
  elementGrid,
  expectRounds,
  type Launcher,
  maxWorkgroupsPerDimension,
  type Workgroups,
} from "../launcher.ts";
import { fill } from "../elementwise/fill.ts";
import { copyColumns } from "../shape/copy_columns.ts";
import { transpose } from "../shape/transpose.ts";

/** Rows, and columns, of the result that one workgroup of 8 invocations makes. */
const tileSide = 32;

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

/** A kernel whose invocations read all of a tile's columns of y, or hand them round a subgroup of 8. */
interface Variants<Variant> {
  readonly read: Variant;
  readonly broadcast: Variant;
}

function variantFor<Variant>(launcher: Launcher, { read, broadcast }: Variants<Variant>): Variant {
  return launcher.capabilities.subgroupSize === 8 ? broadcast : read;
}

const forwardKernels = ["squared", "root", "product"].map((form) => {
  const define = (prelude: string, suffix: string) =>
    defineKernel({
      label: `distance.pairwise_${form}${suffix}`,
      code: `${tileCode}\n${prelude}\n${forwardCode}`,
      bindings: { y: "read", q: "read", x: "read", p: "read", distance: "write" },
      uniforms: { x_rows: "u32", y_rows: "u32", vectors: "u32" },
      flops: ({ x_rows, y_rows, vectors }) => 3 * x_rows * y_rows * 4 * vectors,
      constants: { root: form === "root" ? 1 : 0, product: form === "product" ? 1 : 0 },
    });
  return { read: define(columnsReadCode, ""), broadcast: define(columnsBroadcastCode, ".subgroup") };
});

/**
 * Distances of all rows of x to all rows of y, exactly 0 for equal ones: |x_i - y_j|² or its root, or with `projected`
 * (x_i - y_j)ᵀ M (x_i - y_j).
 *
 * @throws ShapeError when the output needs a grid that no device has
 */
export function pairwiseDistance(launcher: Launcher, options: PairwiseDistanceOptions): void {
  const { x, y, distance, projected, xRows, yRows, columns, root = false } = options;
  const kernel = variantFor(launcher, forwardKernels[projected ? 2 : root ? 1 : 0]!);
  withWholeVectors(launcher, columns, {
    x: { slice: x, rows: xRows },
    y: { slice: y, rows: yRows },
    p: { slice: projected?.x ?? x, rows: xRows },
    q: { slice: projected?.y ?? y, rows: yRows },
  }, (operands) =>
    launcher.dispatch(
      kernel,
      { ...operands, distance },
      { x_rows: xRows, y_rows: yRows, vectors: Math.ceil(columns / 4) },
      tileGrid(xRows, yRows),
      readsOf(xRows * yRows * columns),
    ));
}

const backwardKernels = ["plain", "weighted", "squares"].map((form) => {
  const define = (prelude: string, suffix: string) =>
    defineKernel({
      label: `distance.pairwise_backward_${form}${suffix}`,
      code: `${tileCode}\n${prelude}\n${backwardCode}`,
      bindings: { y: "read", x: "read", c: "read", m: "read", u: "write" },
      uniforms: { x_rows: "u32", y_rows: "u32", columns: "u32", scale: "f32" },
      flops: ({ x_rows, y_rows, columns }) => 3 * x_rows * y_rows * columns,
      constants: { weighted: form === "weighted" ? 1 : 0, squares: form === "squares" ? 1 : 0 },
    });
  return { read: define(rowReadCode, ""), broadcast: define(rowBroadcastCode, ".subgroup") };
});

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
  expectRounds(launcher, `pairwise distance: a gradient over ${yRows} rows`, Math.ceil(yRows / 4));
  const kernel = variantFor(launcher, backwardKernels[squares ? 2 : columnFactors ? 1 : 0]!);
  const turned = transposed ? launcher.scratch(4 * xRows * yRows) : undefined;
  if (turned) transpose(launcher, { x: factors, y: turned, rows: yRows, columns: xRows });
  const rows = { x: { slice: x, rows: xRows }, y: { slice: y, rows: yRows } };
  withWholeVectors(
    launcher,
    yRows,
    { c: { slice: turned ?? factors, rows: xRows } },
    (factors) =>
      withWholeVectors(launcher, columns, rows, (operands) =>
        launcher.dispatch(
          kernel,
          { ...operands, ...factors, m: columnFactors ?? x, u: sums },
          { x_rows: xRows, y_rows: yRows, columns, scale },
          tileGrid(xRows, columns),
          readsOf(xRows * yRows * columns),
        )),
  );
  if (turned) launcher.release(turned);
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

/** Numbers that a tile of 32 x 32 of eight invocations reads for so many differences. */
const readsOf = (differences: number) => differences / 16;

function tileGrid(rows: number, columns: number): Workgroups {
  const grid = [Math.ceil(columns / tileSide), Math.ceil(rows / tileSide)] as const;
  if (grid.some((count) => count > maxWorkgroupsPerDimension)) {
    throw new ShapeError(`pairwise distance: a result of ${rows} x ${columns} needs more than 65,535 workgroups.`);
  }
  return grid;
}

/**
 * Runs `dispatch` with matrices whose rows are whole vectors of four elements: themselves, or copies that end in zeros.
 */
function withWholeVectors<Name extends string>(
  launcher: Launcher,
  columns: number,
  matrices: Readonly<Record<Name, { readonly slice: BufferSlice; readonly rows: number }>>,
  dispatch: (operands: Record<Name, BufferSlice>) => void,
): void {
  const width = Math.ceil(columns / 4) * 4, copies = new Map<BufferSlice, BufferSlice>();
  const operands = {} as Record<Name, BufferSlice>;
  for (const name of Object.keys(matrices) as Name[]) {
    const { slice, rows } = matrices[name];
    if (width !== columns && !copies.has(slice)) copies.set(slice, padded(launcher, slice, rows, columns, width));
    operands[name] = copies.get(slice) ?? slice;
  }
  dispatch(operands);
  for (const copy of copies.values()) launcher.release(copy);
}

function padded(launcher: Launcher, source: BufferSlice, rows: number, columns: number, width: number): BufferSlice {
  const copy = launcher.scratch(4 * rows * width);
  fill(launcher, { y: copy, value: 0, count: rows * width });
  copyColumns(launcher, {
    source,
    destination: copy,
    rows,
    width: columns,
    sourceColumns: columns,
    destinationColumns: width,
  });
  return copy;
}
