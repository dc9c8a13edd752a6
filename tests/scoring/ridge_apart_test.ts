import assert from "node:assert/strict";
import { Philox } from "../../kernels/philox.ts";
import { RidgeApart } from "../../scoring/ridge_apart.ts";
import { RidgeBaseline } from "../../scoring/ridge_baseline.ts";
import { countThreads } from "../threads.ts";

const random = new Philox(3), dimension = 160;
const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());

/** Rows of two fields and one of four metrics. */
function inputs(rows: number) {
  const tables = {
    texts: { data: normals(rows * 2 * dimension), fields: 2, dimension },
    metrics: { data: normals(4 * 5), dimension: 5 },
  };
  const pairs = {
    text: Uint32Array.from({ length: rows }, (_, i) => i),
    metric: Uint32Array.from({ length: rows }, (_, i) => i % 4),
    score: Float32Array.from({ length: rows }, () => 10 * random.uniform()),
  };
  return [tables, pairs] as const;
}

Deno.test("ridge baseline: with and without a thread it is the same to the bit", async () => {
  for (const [rows, expected] of [[60, 0], [300, 1]] as const) {
    const given = inputs(rows), { result, threads } = countThreads(() => new RidgeApart(...given));
    using apart = result;
    assert.equal(threads, expected, `threads for ${rows} rows`);
    const { ridge, alpha } = RidgeBaseline.fit(...given), found = await apart.fitted();
    assert.equal(found.alpha, alpha);
    assert.equal(found.ridge.intercept, ridge.intercept);
    assert.deepEqual([...found.ridge.coef], [...ridge.coef]);
  }
});

Deno.test("ridge baseline: a thread that nobody waits for ends with its owner", () => {
  using _apart = new RidgeApart(...inputs(300));
});
