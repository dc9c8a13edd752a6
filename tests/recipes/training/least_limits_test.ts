import assert from "node:assert/strict";
import { join } from "node:path";
import { Engine } from "../../../engine/engine.ts";
import { recipes } from "../../../recipes/registry.ts";
import type { GivenSettings } from "../../../recipes/settings/shared.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, small, writeInputs } from "../../runs/runs.ts";

/** WebGPU's smallest limits, which every device has. */
const least = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 128 << 20,
  maxStorageBuffersPerShaderStage: 8,
  maxBindGroups: 4,
} as const;

/** What each recipe trains in a second or two. */
const quick: Readonly<Record<string, GivenSettings>> = {
  "bilinear": small,
  "residual-mlp": { features: { texts: "combined" }, model: { hidden: [16, 16] }, training: small.training },
  "attention-refiner": {
    features: { texts: "combined" },
    model: { width: 8, heads: 2, layers: 1, feedForward: 0, dropout: 0, ridge: { alphas: [1, 10] } },
    training: { epochs: 2, batchSize: 64 },
  },
  "gaussian-process": { features: { texts: "combined" }, fit: { name: "none" }, model: { searchRows: 40 } },
  "joint-embedding": { training: small.training },
  "scml": { model: { head: "knn", pca: 4, bases: 6, triplets: 60, neighbors: 1 } },
};

const request = GPUAdapter.prototype.requestDevice;

/** From here on devices have no more than the smallest limits, whatever the adapter has and is asked for. */
GPUAdapter.prototype.requestDevice = function ({ requiredLimits: _, ...rest } = {}) {
  return request.call(this, rest);
};

Deno.test("least limits: they are what the engine's device has", async () => {
  await using engine = await Engine.open();
  const { limits } = engine.opened.device;
  for (const name of Object.keys(least) as (keyof typeof least)[]) assert.equal(limits[name], least[name], name);
});

for (const { name } of recipes) {
  Deno.test(
    `least limits: ${name} trains on a device that has no more`,
    withFolder(async (folder) => {
      const files = await writeInputs(folder), out = join(folder, "run");
      const run = { recipe: name, settings: quick[name] ?? {}, files, maxRows: null, out };
      assert.equal((await trainRun(run, { reporter: silent })).finished, true);
    }),
  );
}
