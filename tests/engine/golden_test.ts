import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Engine } from "../../engine/engine.ts";
import { familiesThatPassed, runFolder } from "../fixtures/run_folder.ts";

/** Cases by family: all of the folder. */
const expected = {
  matmul: 6,
  linear: 5,
  layer_norm: 8,
  embedding: 1,
  dropout: 1,
  concat: 2,
  losses: 20,
  optim: 11,
  bilinear: 2,
  batch_norm: 5,
  shape: 6,
  elementwise: 21,
  reduction: 8,
  attention: 6,
  distance: 6,
  metric: 23,
};

Deno.test("golden cases: values and gradients are PyTorch's, in every case", async () => {
  await using engine = await Engine.open();
  const summary = await runFolder(engine, fileURLToPath(new URL("../golden", import.meta.url)));
  assert.deepEqual(summary.failures, []);
  assert.deepEqual([...summary.reasons], [], "no case is left out");
  assert.deepEqual(familiesThatPassed(summary), expected);
  assert.deepEqual(engine.pool.liveLabels(), [], "every buffer is given back");
});
