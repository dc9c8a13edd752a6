import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import type { Matrix } from "../../../recipes/classical/matrix.ts";

/** Normal numbers in rows. */
export function normalRows(rows: number, columns: number, seed = 1): Matrix<Float64Array> {
  const random = new Philox(seed);
  return { data: Float64Array.from({ length: rows * columns }, () => random.normal()), rows, columns };
}

/** Rows of a list of lists. */
export function matrixOf(lists: readonly (readonly number[])[]): Matrix<Float64Array> {
  return { data: Float64Array.from(lists.flat()), rows: lists.length, columns: lists[0]!.length };
}

/** Fails unless numbers are as expected, up to a share of the greatest. */
export function assertClose(
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(found.length, wanted.length, what);
  const scale = Math.max(1e-3, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(found[i]! - wanted[i]!);
    assert.ok(error <= tolerance * scale, `${what}, ${i}: ${found[i]}, wanted ${wanted[i]}`);
  }
}
