import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Engine } from "../../engine/engine.ts";
import { runFolder } from "../fixtures/run_folder.ts";

Deno.test("golden cases: values and gradients are PyTorch's", async () => {
  await using engine = await Engine.open();
  const summary = await runFolder(engine, fileURLToPath(new URL("../golden", import.meta.url)));
  assert.deepEqual(summary.failures, []);
  assert.ok(summary.passed >= 36, `only ${summary.passed} cases ran`);
  assert.deepEqual(engine.pool.liveLabels(), [], "every buffer is given back");
});
