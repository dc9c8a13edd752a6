import assert from "node:assert/strict";
import { Buffer } from "../../../engine/tensors/buffer.ts";
import type { Engine } from "../../../engine/engine.ts";
import { Module } from "../../../engine/nn/module.ts";
import { add } from "../../../engine/ops/arithmetic.ts";
import { BatchSource } from "../../../recipes/training/batch.ts";
import { computeRows } from "../../../recipes/training/predict_rows.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

class Shift extends Module {
  readonly by: Buffer;

  constructor(engine: Engine) {
    super();
    this.by = new Buffer(engine, [1], Float32Array.of(0.5), "by");
  }
}

Deno.test("rows: what is computed of more rows than are read at once comes in their order, and says how many are done", async () => {
  const count = 9000, metrics = 7, network = new Shift(engine);
  const tables = {
    texts: { data: Float32Array.from({ length: 30 }, (_, i) => i), fields: 1, dimension: 1 },
    metrics: { data: Float32Array.from({ length: metrics }, (_, i) => 100 * i), dimension: 1 },
    statistics: { data: new Float32Array(30), dimension: 1 },
  };
  const rows = {
    text: Uint32Array.from({ length: count }, (_, i) => (i * 11) % 30),
    metric: Uint32Array.from({ length: count }, (_, i) => i % metrics),
  };
  const source = new BatchSource(engine, tables);
  try {
    for (const padded of [false, true]) {
      const told: number[] = [];
      const [sum, text] = await computeRows(
        engine,
        network,
        source,
        rows,
        (batch) => [add({ a: batch.metric, b: batch.text }), add({ a: batch.text, b: network.by })],
        {
          padded,
          onDone: (done, total) => {
            assert.equal(total, count);
            told.push(done);
            return Promise.resolve();
          },
        },
      );
      assert.deepEqual(sum, Float32Array.from(rows.text, (one, i) => one + 100 * rows.metric[i]!));
      assert.deepEqual(text, Float32Array.from(rows.text, (one) => one + 0.5));
      assert.deepEqual(told.slice(0, 3), [0, 512, 1024]);
      assert.equal(told.length, Math.ceil(count / 512));
    }
  } finally {
    source.dispose();
    network.dispose();
  }
});
