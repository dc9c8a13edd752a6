import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { shuffledBatches } from "../../../recipes/training/batches.ts";

Deno.test("batches: every row is in one batch, and the last may be smaller", () => {
  for (const [rows, batchSize, sizes] of [[7, 3, [3, 3, 1]], [6, 3, [3, 3]], [2, 5, [2]]] as const) {
    const batches = shuffledBatches(rows, { batchSize }, new Philox(1));
    assert.deepEqual(batches.map(({ length }) => length), sizes);
    assert.deepEqual(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b), [...Array(rows).keys()]);
  }
});

Deno.test("batches: a last batch that is too small joins the one before it", () => {
  for (const [rows, sizes] of [[7, [3, 4]], [8, [3, 3, 2]], [6, [3, 3]], [1, [1]], [4, [4]]] as const) {
    const batches = shuffledBatches(rows, { batchSize: 3, least: 2 }, new Philox(1));
    assert.deepEqual(batches.map(({ length }) => length), sizes);
    assert.equal(new Set(batches.flatMap((batch) => [...batch])).size, rows);
  }
});
