import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { backward, batches, embedding, indexSelect, Parameter } from "../../engine/mod.ts";
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

Deno.test("index_select: along its first axis a tensor in several buffers has the rows and the gradient of one buffer", async () => {
  const select = async (on: Engine) => {
    using x = new Parameter(on, [40, 4, 4], uniforms(640, 1), "x");
    const y = on.scope(() => {
      const y = indexSelect({ x, index: on.indices([5], [39, 0, 17, 17, 15]) }, { axis: 0 });
      backward(y, on.tensor([5, 4, 4], uniforms(80, 2)));
      return y;
    });
    return [x.slices.length, ...await on.read([y, x.grad])] as const;
  };
  const [one, ...expected] = await select(engine), [several, ...found] = await select(small);
  assert.deepEqual([one, several], [1, 3]);
  assert.deepEqual(found, expected);
});

Deno.test("batches: rows in several buffers are those of one buffer", async () => {
  const rowsOf = async (on: Engine) => {
    using x = on.tensor([40, 16], uniforms(640, 1)),
      label = on.indices([600], Uint32Array.from({ length: 600 }, (_, i) => i));
    const found: unknown[] = [x.slices.length, label.slices.length];
    for (const batch of batches({ x }, { size: 12, shuffle: true, seed: 2 })) found.push(await batch.x.data());
    for (const batch of batches({ label }, { size: 256 })) found.push(await batch.label.data());
    return found;
  };
  const [one, labels, ...expected] = await rowsOf(engine), [several, parts, ...found] = await rowsOf(small);
  assert.deepEqual([one, labels, several, parts], [1, 1, 3, 3]);
  assert.deepEqual(found, expected);
});
