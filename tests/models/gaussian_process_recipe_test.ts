import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import { Engine } from "../../engine/engine.ts";
import { scoreCovariance } from "../../models/recipes/gaussian_process/network.ts";
import { Scorer } from "../../models/scorer.ts";
import { trainRun } from "../../models/train_run.ts";
import { readValidation } from "../../models/validation_file.ts";
import { withFolder } from "../temporary.ts";
import { silent, writeInputs } from "./runs.ts";

const settings = {
  data: { validationShare: 0.2 },
  features: { texts: "combined" },
  fit: { name: "none" },
  model: { searchRows: 40 },
  training: { refit: "none" },
} as const;

Deno.test(
  "gaussian process: a run scores as the closed form does in float64, on train rows and on new ones",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 80);
    const out = join(folder, "run");
    const { finished, epochs } = await trainRun({ recipe: "gaussian-process", settings, files, maxRows: null, out }, {
      reporter: silent,
    });
    assert.deepEqual([finished, epochs], [true, 1]);

    await using engine = await Engine.open();
    const scorer = await Scorer.load(engine, out);
    const records = await readRecords(files.data, { scores: "required" });
    const features = await scorer.features(records, { source: files.data, embeddings: files.embeddings });
    const { score } = await scorer.predict(features);
    const state = await scorer.model.network.stateDict();
    const of = (name: string) => state.get(name)!;
    const rowsIn = (name: string) => {
      const { shape: [count, width], data } = of(name);
      return Array.from({ length: count! }, (_, row) => data.subarray(row * width!, (row + 1) * width!));
    };
    const squared = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
    const texts = rowsIn("text.0"), metrics = rowsIn("metric"), statistics = rowsIn("statistics");
    const alpha = of("alpha").data, center = of("center").data, spread = of("spread").data;
    const limit = 4 * 2 / Math.sqrt(center.length);
    const covariance = scoreCovariance(1), units = of("units").data;
    const distance = (kind: number, rows: Float32Array[], to: Float32Array) =>
      Float32Array.from(rows, (other) => squared(to, other) / units[kind]!);
    records.forEach((_, row) => {
      const { dimension } = features.texts;
      const text = features.texts.data.subarray(row * dimension, (row + 1) * dimension);
      const metric = features.metrics.row(features.rows.metric[row]!);
      const statistic = center.map((mean, k) => {
        const scaled = (features.statistics.data[row * center.length + k]! - mean) / spread[k]!;
        return Math.min(Math.max(scaled, -limit), limit);
      });
      const k = new Float64Array(alpha.length);
      covariance.fill(
        [
          distance(0, texts, text),
          distance(1, metrics, metric),
          distance(2, statistics, statistic),
        ],
        of("scales").data,
        k,
      );
      const wanted = of("mean").data[0]! + k.reduce((sum, value, i) => sum + value * alpha[i]!, 0);
      assert.ok(Math.abs(score[row]! - Math.min(Math.max(wanted, 0), 10)) < 2e-3, `${row}: ${score[row]}, ${wanted}`);
    });
    // The held-out rows' predictions are those of the saved run.
    for (const { record, predicted } of await readValidation(join(out, "validation.csv"))) {
      assert.ok(Math.abs(predicted - score[record]!) < 1e-3);
    }
    scorer.dispose();
  }),
);

Deno.test(
  "gaussian process: the same seed writes the same model, and rows beyond its limit are left out",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 60);
    const train = (out: string) =>
      trainRun({
        recipe: "gaussian-process",
        settings: { ...settings, model: { rows: 20, searchRows: 15 } },
        files,
        maxRows: null,
        out: join(folder, out),
      }, { reporter: silent });
    await train("a");
    await train("b");
    const read = (run: string) => Deno.readFile(join(folder, run, "model.safetensors"));
    assert.deepEqual(await read("a"), await read("b"));
  }),
);
