import type { Philox } from "../../kernels/philox.ts";

/** Some of the rows in their order, none twice: all, or as many as are wanted. */
export function drawnRows<T extends ArrayBufferLike>(rows: Uint32Array<T>, most: number, random: Philox) {
  if (rows.length <= most) return rows;
  return random.permutation(rows.length).slice(0, most).sort().map((at) => rows[at]!);
}
