import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { runFolder } from "../fixtures/run_folder.ts";
import { sharedPath } from "../shared.ts";

const folder = sharedPath("fixtures");

Deno.test({
  name: folder
    ? "fixtures: every op that the engine has gives PyTorch's values and gradients"
    : "fixtures: every op that the engine has gives PyTorch's values and gradients (skipped without the shared fixtures)",
  ignore: folder === null,
  fn: async () => {
    await using engine = await Engine.open();
    const summary = await runFolder(engine, folder!);
    assert.deepEqual(summary.failures, []);
    assert.ok(summary.passed >= 150, `only ${summary.passed} cases ran`);
    assert.deepEqual(engine.pool.liveLabels(), []);
  },
});
