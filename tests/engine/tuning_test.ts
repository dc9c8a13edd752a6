import assert from "node:assert/strict";
import { openDevice } from "../../engine/device/open.ts";
import { productKey, readTuning, tunedVariants, tuningPath, writeTuning } from "../../engine/device/tuning.ts";
import { Engine } from "../../engine/engine.ts";
import { matmulCandidates } from "../../kernels/matmul/candidates.ts";
import { chooseMatmulVariant, type MatmulVariant } from "../../kernels/matmul/variants.ts";
import { withFolder } from "../temporary.ts";

const capabilities = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
const shape = { m: 64, n: 32, k: 2304, batch: 1, transposeA: false, transposeB: true };
const timed = (variant: MatmulVariant) => ({ variant, milliseconds: 1, gain: 2, beat: [] });

/** Runs a body with the user's cache in a folder of its own. */
const withCache = (body: () => Promise<void>) =>
  withFolder(async (folder) => {
    const before = Deno.env.get("XDG_CACHE_HOME");
    Deno.env.set("XDG_CACHE_HOME", folder);
    try {
      await body();
    } finally {
      if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
      else Deno.env.set("XDG_CACHE_HOME", before);
    }
  });

Deno.test("tuning: the table's variant is the first candidate, and none comes twice", () => {
  for (const software of [true, false]) {
    const device = { ...capabilities, software };
    const candidates = matmulCandidates(shape, device);
    assert.deepEqual(candidates[0], chooseMatmulVariant(shape, device));
    assert.ok(candidates.length > 2);
    assert.equal(new Set(candidates.map((one) => JSON.stringify(one))).size, candidates.length);
  }
});

Deno.test("tuning: measured variants are found by size and layout, and only where the device can run them", () => {
  const variant = matmulCandidates(shape, capabilities).at(-1)!;
  const tuning = { adapter: "gpu", products: { [productKey(shape)]: timed(variant) } };
  assert.deepEqual(tunedVariants(tuning, capabilities)(shape), variant);
  assert.equal(tunedVariants(tuning, capabilities)({ ...shape, transposeB: false }), undefined);
  assert.equal(tunedVariants(tuning, capabilities)({ ...shape, batch: 2 }), undefined);
  const broadcasting = matmulCandidates(shape, capabilities)[0]!;
  const other = { adapter: "gpu", products: { [productKey(shape)]: timed(broadcasting) } };
  assert.equal(tunedVariants(other, { ...capabilities, subgroupSize: 0 })(shape), undefined);
});

Deno.test(
  "tuning: measurements add up in a file of the cache, which an engine uses only when asked to",
  withCache(async () => {
    const opened = await openDevice();
    assert.equal(await readTuning(opened), null);
    const first = timed({ name: "small" }), second = timed({ name: "dot" });
    await writeTuning(opened, { "8x8x8 nn": first });
    const path = await writeTuning(opened, { "8x8x9 nn": second });
    assert.equal(path, tuningPath(opened));
    assert.deepEqual((await readTuning(opened))!.products, { "8x8x8 nn": first, "8x8x9 nn": second });
    await using plain = new Engine(opened);
    assert.equal(plain.capabilities.matmulVariant, undefined);
    await using tuned = await Engine.open({ tuned: true });
    const square = { ...shape, m: 8, n: 8, k: 8, transposeB: false };
    assert.deepEqual(tuned.capabilities.matmulVariant!(square), { name: "small" });
    await Deno.writeTextFile(path, "[]");
    await assert.rejects(readTuning(opened), { name: "DataError", message: /holds no measurements; delete it/ });
    await Deno.writeTextFile(path, "{");
    await assert.rejects(Engine.open({ tuned: true }), /holds no measurements/);
  }),
);
