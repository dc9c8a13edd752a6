/** What a reduction runs along. */
export interface ReductionOptions {
  /** Counted from the last where negative; all axes as one by default. */
  readonly axis?: number | null;
  /** Leaves the reduced axes in the shape, with size 1. */
  readonly keepdim?: boolean;
}

/** What `softmax` and `logSoftmax` run along. */
export interface SoftmaxOptions {
  /** Counted from the last where negative; -1 by default. */
  readonly axis?: number;
}

/** A range of positions along an axis. */
export interface SliceOptions {
  /** Counted from the last where negative; the last by default. */
  readonly axis?: number;
  /** First position, counted from the end where negative; 0 by default. */
  readonly start?: number;
  /** Position before which the range ends, counted from the end where negative; the axis's size by default and at most. */
  readonly end?: number;
  /** From one position to the next; 1 by default. */
  readonly step?: number;
}

/** Two axes of `transpose`, counted from the last where negative. */
export interface TransposeOptions {
  /** The last two by default. */
  readonly axes?: readonly [number, number];
}

/** Along which axis elements are picked. */
export interface GatherOptions {
  /** Counted from the last where negative; the last by default. */
  readonly axis?: number;
}

/** Options of functions of a row's direction. */
export interface CosineOptions {
  /** Length below which a row counts as this long; 1e-8 by default. */
  readonly eps?: number;
}

/** Options of `normalize`. */
export interface NormalizeOptions extends CosineOptions {
  /** Length that the rows get; 1 by default. */
  readonly scale?: number;
}

/** Which form of GELU is meant. */
export interface GeluOptions {
  /** "none", by default, for the distribution function itself; "tanh" for the usual approximation of it. */
  readonly approximate?: "none" | "tanh";
}

/** Bounds of `clamp`. */
export interface ClampOptions {
  /** Least value that comes out. */
  readonly min: number;
  /** Greatest value that comes out. */
  readonly max: number;
}

/** How the operands of `matmul` are stored. */
export interface MatmulLayout {
  /** A's last two axes are swapped. */
  readonly transposeA?: boolean;
  /** B's last two axes are swapped. */
  readonly transposeB?: boolean;
}
