import type { Capabilities } from "../launcher.ts";

/** What decides which matmul kernel runs. */
export interface MatmulShape {
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the sums. */
  readonly k: number;
  /** A is stored [k, m]. */
  readonly transposeA: boolean;
  /** B is stored [n, k]. */
  readonly transposeB: boolean;
}

/** A way to compute a product: its name, where it is used, and the shape of its kernel. */
export type MatmulVariant =
  | { readonly name: "small" }
  | { readonly name: "workgroup tile" }
  | {
    readonly name: "register tile";
    readonly lanes: number;
    readonly rows: number;
    readonly columns: number;
    readonly vector: boolean;
    readonly broadcast: boolean;
  };

/** Shortest side of C below which a tile would be mostly empty. */
const thin = 8;

/**
 * The variant for a product on a device. Read from the top; the first line that fits is taken.
 *
 * | when | variant |
 * | --- | --- |
 * | C has a side under 8, or a hardware GPU has under 32 x 32 of C to fill | `small`, one invocation an element |
 * | a hardware GPU | `workgroup tile`, 64 x 64 through workgroup memory |
 * | a software GPU with subgroups of 8 or 4 | `register tile` with subgroup broadcasts |
 * | a software GPU without | `register tile`, every invocation reads B itself |
 *
 * Register tiles read four numbers at once where all rows are multiples of four long.
 */
export function chooseMatmulVariant(shape: MatmulShape, capabilities: Capabilities): MatmulVariant {
  const { m, n, k, transposeA, transposeB } = shape;
  if (Math.min(m, n) < thin) return { name: "small" };
  if (!capabilities.software) return m * n < 32 * 32 ? { name: "small" } : { name: "workgroup tile" };
  const vector = n % 4 === 0 && (transposeA ? m % 4 === 0 : k % 4 === 0) && (!transposeB || k % 4 === 0);
  const lanes = capabilities.subgroupSize;
  const broadcast = lanes === 8 || lanes === 4;
  if (broadcast) return { name: "register tile", lanes, rows: 4, columns: n <= 8 ? 8 : 32, vector, broadcast };
  return { name: "register tile", lanes: 8, rows: m <= 32 ? 4 : 8, columns: n <= 8 ? 8 : 16, vector, broadcast };
}
