import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { backward, embedding, Parameter } from "../../engine/mod.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine(), small = await testEngine();
// It takes its device for one that binds 1 KiB.
Object.assign(small, { capabilities: { ...small.capabilities, maxBindingSize: 1024 } });

/** Rows of a table of 40 x 16, and the table's gradient. */
async function lookUp(on: Engine): Promise<[number, ...Float32Array[]]> {
  const weight = new Parameter(on, [40, 16], uniforms(640, 1), "weight");
  const y = on.scope(() => {
    // Rows of the first buffer, of the last and of one between, some named twice.
    const y = embedding({ weight, index: on.indices([2, 3], [39, 0, 17, 17, 15, 39]) });
    backward(y, on.tensor([2, 3, 16], uniforms(96, 2)));
    backward(y, on.tensor([2, 3, 16], uniforms(96, 3)));
    return y;
  });
  const values = await on.read([y, weight.grad]);
  const buffers = weight.slices.length;
  y.dispose();
  weight.dispose();
  return [buffers, ...values];
}

Deno.test("embedding: a table in several buffers has the rows and the gradient of one buffer", async () => {
  const [one, ...expected] = await lookUp(engine), [several, ...found] = await lookUp(small);
  assert.deepEqual([one, several], [1, 3]);
  assert.deepEqual(found, expected);
});
