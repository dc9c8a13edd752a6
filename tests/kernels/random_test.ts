import assert from "node:assert/strict";
import { Philox } from "../../kernels/philox.ts";
import { fillNormal, fillUniform, fillWords } from "../../kernels/random/fill_random.ts";
import { normalReference, uniformReference, wordsReference } from "../../kernels/random/random.ref.ts";
import { assertClose, KernelHarness } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const words = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

Deno.test("random: the GPU's words are the host's, bit by bit", async () => {
  for (const draw of [{ seed: 0 }, { seed: 0xffffffff, stream: 0x80000001, step: 0xfffffffe, use: 77 }]) {
    for (const count of [1, 2, 3, 4, 5, 259, 1500]) {
      const y = harness.output(count);
      fillWords(launcher, { y, count, draw });
      assert.deepEqual(words((await harness.read(y))[0]), wordsReference(count, draw));
    }
  }
});

Deno.test("random: without step and use the words are those of the host's stream", async () => {
  const y = harness.output(9), host = new Philox(5, 6);
  fillWords(launcher, { y, count: 9, draw: { seed: 5, stream: 6 } });
  assert.deepEqual([...words((await harness.read(y))[0])], Array.from({ length: 9 }, () => host.uint32()));
});

Deno.test("random: uniform and normal numbers follow from the words, with the right moments", async () => {
  const count = 20_001, draw = { seed: 9, step: 4 };
  const uniform = harness.output(count), normal = harness.output(count);
  fillUniform(launcher, { y: uniform, count, draw, low: -1, high: 3 });
  fillNormal(launcher, { y: normal, count, draw, mean: 2, deviation: 0.5 });
  const [uniforms, normals] = await harness.read(uniform, normal);
  assertClose(uniforms, uniformReference(count, draw).map((value) => 4 * value - 1), { atol: 3e-7 });
  // WGSL lets a driver's sine and cosine be off by 2⁻¹¹; SwiftShader's are.
  assertClose(normals, normalReference(count, draw).map((value) => 2 + 0.5 * value), { rtol: 2e-5, atol: 5e-4 });
  const mean = normals.reduce((sum, value) => sum + value, 0) / count;
  const variance = normals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  assertClose([mean, variance], [2, 0.25], { rtol: 0, atol: 0.02 });
});
