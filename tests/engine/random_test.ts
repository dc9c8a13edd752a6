import assert from "node:assert/strict";
import { randomNormal, randomUniform } from "../../engine/mod.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

/** What both draw in one step of a seed. */
async function drawn(seed: number, step: number): Promise<Float32Array[]> {
  [engine.random.seed, engine.random.step] = [seed, step];
  engine.random.nextStep();
  const tensors = engine.scope(() => [
    randomUniform(engine, [7, 301], { low: 2, high: 4 }),
    randomNormal(engine, [7, 301], { mean: -1, deviation: 3 }),
  ]);
  const values = await engine.read(tensors);
  for (const tensor of tensors) tensor.dispose();
  return values;
}

Deno.test("random: a seed and a step give the same numbers again, another seed or step others", async () => {
  const first = await drawn(1, 5);
  assert.deepEqual(await drawn(1, 5), first);
  for (const others of [await drawn(2, 5), await drawn(1, 6)]) {
    others.forEach((values, i) => assert.notDeepEqual(values, first[i]));
  }
});

Deno.test("random: numbers lie where they should", async () => {
  const [uniforms, normals] = await drawn(3, 1);
  assert.ok(uniforms!.every((value) => value >= 2 && value < 4));
  const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(meanOf(uniforms!) - 3) < 0.06);
  assert.ok(Math.abs(meanOf(normals!) + 1) < 0.3);
  assert.ok(Math.abs(meanOf(normals!.map((value) => (value + 1) ** 2)) - 9) < 1.2);
});
