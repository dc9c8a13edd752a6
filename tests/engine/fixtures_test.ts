import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { familiesThatPassed, runFolder } from "../fixtures/run_folder.ts";
import { sharedPath } from "../shared.ts";

const folder = sharedPath("fixtures");

/** Cases by family: all 707 of the folder. */
const expected = {
  matmul: 29,
  layers: 57,
  losses: 215,
  optim: 50,
  distance: 47,
  classical: 12,
  models: 11,
  elementwise: 101,
  reduction: 117,
  shape: 33,
  attention: 35,
};

Deno.test({
  name: folder
    ? "fixtures: every case has PyTorch's values and gradients"
    : "fixtures: every case has PyTorch's values and gradients (skipped without the shared fixtures)",
  ignore: folder === null,
  fn: async () => {
    await using engine = await Engine.open();
    const summary = await runFolder(engine, folder!);
    assert.deepEqual(summary.failures, []);
    assert.deepEqual([...summary.reasons], [], "no case is left out");
    assert.deepEqual(familiesThatPassed(summary), expected);
    assert.deepEqual(engine.pool.liveLabels(), []);
  },
});
