import assert from "node:assert/strict";
import { Philox } from "../../kernels/philox.ts";
import { RidgeApart } from "../../scoring/ridge_apart.ts";
import { RidgeBaseline } from "../../scoring/ridge_baseline.ts";

const rows = 60, random = new Philox(3);
const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
const tables = {
  texts: { data: normals(rows * 6), fields: 2, dimension: 3 },
  metrics: { data: normals(4 * 5), dimension: 5 },
};
const pairs = {
  text: Uint32Array.from({ length: rows }, (_, i) => i),
  metric: Uint32Array.from({ length: rows }, (_, i) => i % 4),
  score: Float32Array.from({ length: rows }, () => 10 * random.uniform()),
};

Deno.test("ridge baseline: fitted in a thread it is the same to the bit", async () => {
  using apart = new RidgeApart(tables, pairs);
  const { ridge, alpha } = RidgeBaseline.fit(tables, pairs), found = await apart.fitted();
  assert.equal(found.alpha, alpha);
  assert.equal(found.ridge.intercept, ridge.intercept);
  assert.deepEqual([...found.ridge.coef], [...ridge.coef]);
});

Deno.test("ridge baseline: a thread that nobody waits for ends with its owner", () => {
  using _apart = new RidgeApart(tables, pairs);
});
