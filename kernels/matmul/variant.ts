/** What decides which matmul kernel runs. */
export interface MatmulShape {
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the sums. */
  readonly k: number;
  /** Products that are computed at once; 1 by default. */
  readonly batch?: number;
  /** A is stored [k, m]. */
  readonly transposeA: boolean;
  /** B is stored [n, k]. */
  readonly transposeB: boolean;
}

/** Tile in registers; see register_tile.ts. */
export interface RegisterTileVariant {
  /** Which kernel it is. */
  readonly name: "register tile";
  /** Invocations in a workgroup; with `broadcast` they are exactly one subgroup. */
  readonly lanes: number;
  /** Rows of C that one invocation computes. */
  readonly rows: number;
  /** Columns of C that one workgroup computes. */
  readonly columns: number;
  /** Reads four numbers at once; see `takesVectors`. */
  readonly vector: boolean;
  /** Each number of B is read by one invocation and handed round the subgroup. */
  readonly broadcast: boolean;
}

/** Tile that passes through workgroup memory; see wide_tile.ts. All sizes are powers of two. */
export interface WideTileVariant {
  /** Which kernel it is. */
  readonly name: "wide tile";
  /** Rows of C that a workgroup computes. */
  readonly rows: number;
  /** Columns of C that a workgroup computes. */
  readonly columns: number;
  /** Rows of C that an invocation computes, 4 or 8. */
  readonly height: number;
  /** Columns of C that an invocation computes, 4 or 8. */
  readonly width: number;
  /** Steps of k that are in workgroup memory at once. */
  readonly depth: number;
  /** Tiles in workgroup memory: with two, one is read while the other is used. */
  readonly buffers: 1 | 2;
  /** Reads four numbers at once; see `takesVectors`. */
  readonly vector: boolean;
}

/** A way to compute a product: its name, where it is used, and the shape of its kernel. */
export type MatmulVariant =
  & ({ readonly name: "small" | "dot" | "workgroup tile" } | RegisterTileVariant | WideTileVariant)
  & {
    /** Split-K: sums are made in so many parts, added in order by a second pass; 1 by default. */
    readonly parts?: number;
  };
