import assert from "node:assert/strict";
import { rmse } from "../../data/evaluation.ts";
import { Engine } from "../../engine/engine.ts";
import { Philox } from "../../kernels/philox.ts";
import { BatchSource } from "../../recipes/training/batch.ts";
import { makeModel } from "../../recipes/model.ts";
import { predictRows } from "../../recipes/training/predict_rows.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { Trainer } from "../../recipes/training/trainer.ts";
import type { LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";

const metrics = 300, texts = 400, width = 16, rowsPerText = 8;

/** Scores 5 + 2 m'Wt, with rows of length 1 and a W of standard normal numbers: neither m nor t alone says anything. */
function planted(): TrainingData {
  const random = new Philox(5);
  const rows = (count: number) => {
    const data = Float32Array.from({ length: count * width }, () => random.normal());
    for (let from = 0; from < data.length; from += width) {
      const row = data.subarray(from, from + width);
      const length = Math.hypot(...row);
      row.forEach((value, i) => row[i] = value / length);
    }
    return { data, dimension: width };
  };
  const statistics = { data: new Float32Array(texts), dimension: 1 };
  const tables = { metrics: rows(metrics), texts: { ...rows(texts), fields: 1 }, statistics };
  const w = Float64Array.from({ length: width * width }, () => random.normal());
  const form = (m: number, t: number) => {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        sum += tables.metrics.data[m * width + i]! * w[i * width + j]! * tables.texts.data[t * width + j]!;
      }
    }
    return sum;
  };
  const label = (from: number, to: number): LabelledRows => {
    const count = (to - from) * rowsPerText;
    const text = Uint32Array.from({ length: count }, (_, i) => from + Math.floor(i / rowsPerText));
    const metric = Uint32Array.from({ length: count }, () => random.integer(metrics));
    const score = Float32Array.from(text, (t, i) => 5 + 2 * form(metric[i]!, t));
    return { text, metric, score, weight: new Float32Array(count).fill(1) };
  };
  return { tables, train: label(0, 320), validation: label(320, texts), mismatched: null, mismatchedShare: 0 };
}

/** RMSE on held-out texts after training with a given rank; the metrics are known. */
async function trained(engine: Engine, data: TrainingData, rank: number): Promise<number> {
  const recipe = recipeNamed("bilinear");
  const settings = settingsOf(recipe, {
    model: { rank, hidden: [32, 16], dropout: 0 },
    optimizer: { lr: 0.02 },
    training: { epochs: 10, batchSize: 128 },
  });
  const model = makeModel(engine, recipe, settings, {
    metric: width,
    text: width,
    fields: 1,
    statistics: 1,
    trainRows: 320,
    fittedRows: 320,
  });
  const trainer = new Trainer(engine, model, data);
  await trainer.start();
  await trainer.run();
  const source = new BatchSource(engine, data.tables);
  const { score } = await predictRows(engine, model, source, data.validation);
  for (const one of [source, model.network, trainer]) one.dispose();
  return rmse(score, data.validation.score);
}

Deno.test("bilinear: on scores planted as m'Wt the term z makes the difference", async () => {
  await using engine = await Engine.open();
  const data = planted();
  const withTerm = await trained(engine, data, 32), without = await trained(engine, data, 0);
  assert.ok(withTerm < 0.7 * without, `with z ${withTerm}, without ${without}`);
  assert.deepEqual(engine.pool.liveLabels(), []);
});
