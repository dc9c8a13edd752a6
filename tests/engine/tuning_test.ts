import assert from "node:assert/strict";
import { productKey, tunedVariants } from "../../engine/device/tuning.ts";
import { matmulCandidates } from "../../kernels/matmul/candidates.ts";
import { chooseMatmulVariant } from "../../kernels/matmul/variants.ts";
import type { MatmulVariant } from "../../kernels/matmul/variant.ts";
import { withFolder } from "../temporary.ts";

const capabilities = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
const shape = { m: 64, n: 32, k: 2304, batch: 1, transposeA: false, transposeB: true };
const timed = (variant: MatmulVariant) => ({ variant, milliseconds: 1, gain: 2, beat: [] });

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
  withFolder(async (folder) => {
    // In a process of its own: the folder of the cache is the whole process's.
    const program = new URL("programs/tuned_in_cache.ts", import.meta.url);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", "--allow-ffi", program.href],
      env: { XDG_CACHE_HOME: folder },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }),
);
