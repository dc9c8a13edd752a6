import type { Philox } from "../kernels/philox.ts";

/**
 * The rows of each batch of an epoch: a random permutation, cut into pieces of `batchSize`. The last piece may be smaller;
 * where it has fewer than `least` rows, it joins the one before it.
 */
export function shuffledBatches(
  rows: number,
  { batchSize, least = 1 }: { readonly batchSize: number; readonly least?: number },
  random: Philox,
): Uint32Array[] {
  const order = random.permutation(rows);
  const batches = Math.max(Math.ceil((rows - least + 1) / batchSize), 1);
  return Array.from(
    { length: batches },
    (_, batch) => order.subarray(batch * batchSize, batch + 1 === batches ? rows : (batch + 1) * batchSize),
  );
}
