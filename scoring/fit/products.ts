import type { OnDone } from "../../data/observer.ts";
import { addScaled, type Matrix, rowOf, zeros } from "../../recipes/classical/matrix.ts";
import { columnGram } from "../../recipes/classical/ridge.ts";
import { type Asked, askThread } from "../ask_thread.ts";

/** Rows whose products are summed up on their own, by one thread: the sums do not depend on how many threads there are. */
const chunk = 2048;

/** Fewer multiplications take less time than threads take to start. */
const leastWork = 2e9;

/** What a thread is sent: a matrix that threads share, and the numbers of some of its rows. */
export interface ProductsRequest {
  readonly x: Matrix<Float64Array>;
  readonly rows: Uint32Array<ArrayBuffer>;
}

/** A matrix of zeros in memory that threads share, where there is such. */
export function sharedZeros(rows: number, columns: number): Matrix<Float64Array> {
  if (typeof SharedArrayBuffer === "undefined") return zeros(rows, columns);
  return { data: new Float64Array(new SharedArrayBuffer(8 * rows * columns)), rows, columns };
}

/** XᵀX of some rows, its lower triangle, [columns, columns]. */
export function productsOf({ x, rows }: ProductsRequest): Float64Array<ArrayBuffer> {
  const picked = zeros(rows.length, x.columns);
  rows.forEach((row, i) => picked.data.set(rowOf(x, row), i * x.columns));
  return columnGram(picked);
}

/**
 * XᵀX of several parts of the rows of a matrix from `sharedZeros`, the lower triangles, each [columns, columns]: by all
 * processors where there is much to multiply, to the same bits.
 *
 * @param onRows awaited whenever some of the rows are done
 * @param least multiplications that threads are started for
 */
export async function productsOfParts(
  x: Matrix<Float64Array>,
  parts: readonly ArrayLike<number>[],
  onRows: OnDone = async () => {},
  least: number = leastWork,
): Promise<Float64Array<ArrayBuffer>[]> {
  const sums = parts.map(() => new Float64Array(x.columns ** 2));
  const chunks = parts.flatMap((rows, part) =>
    Array.from({ length: Math.ceil(rows.length / chunk) }, (_, i) => ({
      part,
      rows: Uint32Array.from(rows).subarray(i * chunk, (i + 1) * chunk),
    }))
  );
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const isShared = !(x.data.buffer instanceof ArrayBuffer) && total * x.columns ** 2 >= least;
  const threads = isShared ? Math.min(navigator.hardwareConcurrency, chunks.length) : 0;
  const asked = new Set<Asked<Float64Array>>(), finished = new Map<number, Float64Array>();
  let next = 0, added = 0, done = 0;
  const work = async () => {
    for (let at = next++; at < chunks.length; at = next++) {
      finished.set(at, await multiply(chunks[at]!.rows));
      // In the order of the chunks, whichever is done first.
      for (let sum = finished.get(added); sum; sum = finished.get(added)) {
        finished.delete(added);
        addScaled(sums[chunks[added++]!.part]!, 1, sum);
      }
      await onRows(done += chunks[at]!.rows.length, total);
    }
  };
  const multiply = async (rows: Uint32Array<ArrayBuffer>) => {
    if (threads === 0) return productsOf({ x, rows });
    const thread = askThread<ProductsRequest, Float64Array>(new URL("./products_thread.ts", import.meta.url), {
      x,
      rows: rows.slice(),
    });
    asked.add(thread);
    const products = await thread.reply;
    asked.delete(thread);
    return products;
  };
  try {
    await Promise.all([onRows(0, total), ...Array.from({ length: Math.max(threads, 1) }, work)]);
  } finally {
    next = chunks.length;
    for (const thread of asked) thread[Symbol.dispose]();
  }
  return sums;
}
