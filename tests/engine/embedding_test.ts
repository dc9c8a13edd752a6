import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { backward, embedding, Parameter } from "../../engine/mod.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine(), small = await testEngine();
// It takes its device for one that binds 1 KiB.
Object.assign(small, { capabilities: { ...small.capabilities, maxBindingSize: 1024 } });

/** The buffers of a table of 16 columns, rows of it, and its gradient. */
async function lookUp(on: Engine, rows: number): Promise<[number, ...Float32Array[]]> {
  const weight = new Parameter(on, [rows, 16], uniforms(16 * rows, 1), "weight");
  const y = on.scope(() => {
    // Rows of the first buffer, of the last and of one between, some named twice.
    const y = embedding({ weight, index: on.indices([2, 3], [rows - 1, 0, 17, 17, 15, rows - 1]) });
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
  for (const [rows, buffers] of [[24, 2], [40, 3]] as const) {
    const [one, ...expected] = await lookUp(engine, rows), [several, ...found] = await lookUp(small, rows);
    assert.deepEqual([one, several], [1, buffers]);
    assert.deepEqual(found, expected);
  }
});
