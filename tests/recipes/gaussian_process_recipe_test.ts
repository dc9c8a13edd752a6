import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import { styleStatisticNames } from "../../data/texts/text_statistics.ts";
import { scoreCovariance } from "../../recipes/classical/gaussian_process/score_covariance.ts";
import { GaussianProcess } from "../../recipes/gaussian_process/network.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { withFolder } from "../temporary.ts";
import { silent, writeInputs } from "../runs/runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

const settings = {
  data: { validationShare: 0.2 },
  features: { texts: "combined" },
  fit: { name: "none" },
  model: { searchRows: 40, components: 5 },
  training: { refit: "none" },
} as const;

Deno.test(
  "gaussian process: a run scores and tells its standard deviation as the closed form does in float64, on train rows and on new ones",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 80);
    const out = join(folder, "run");
    const { finished, epochs } = await trainRun({ recipe: "gaussian-process", settings, files, maxRows: null, out }, {
      engine,
      reporter: silent,
    });
    assert.deepEqual([finished, epochs], [true, 1]);

    const scorer = await Scorer.load(engine, out);
    const records = await readRecords(files.data, { scores: "required" });
    const features = await scorer.features(records, { source: files.data, embeddings: files.embeddings });
    const { score, standardDeviation } = await scorer.predict(features);
    const state = await scorer.model.network.stateDict();
    const of = (name: string) => state.get(name)!;
    const rowsIn = (name: string) => {
      const { shape: [count, width], data } = of(name);
      return Array.from({ length: count! }, (_, row) => data.subarray(row * width!, (row + 1) * width!));
    };
    const squared = (a: Float64Array, b: Float32Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
    const kinds = [0, 1, 2, 3, 4].map((kind) => rowsIn(`trainRows.${kind}`));
    const alpha = of("alpha").data, center = of("center").data, deviation = of("deviation").data;
    const covariance = scoreCovariance(1), units = of("units").data;
    const distance = (kind: number, to: Float64Array) =>
      Float32Array.from(kinds[kind]!, (other) => squared(to, other) / units[kind]!);
    const project = (name: string, x: Float32Array, withRest: boolean) => {
      const middle = of(`${name}.center`).data;
      const difference = Float64Array.from(x, (value, i) => value - middle[i]!);
      const along = rowsIn(`${name}.components`).map((row) =>
        row.reduce((sum, one, i) => sum + one * difference[i]!, 0)
      );
      const length = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one * one, 0);
      return Float64Array.of(
        ...along,
        ...(withRest ? [Math.sqrt(Math.max(length(difference) - length(along), 0))] : []),
      );
    };
    const style = styleStatisticNames.length;
    records.forEach((_, row) => {
      const { dimension } = features.texts;
      const text = project(
        "textProjection.0",
        features.texts.data.subarray(row * dimension, (row + 1) * dimension),
        false,
      );
      const metric = project("metricProjection", features.metrics.row(features.rows.metric[row]!), true);
      const standardized = Float64Array.from(center, (mean, k) => {
        const scaled = (features.statistics.data[row * features.statistics.dimension + k]! - mean) / deviation[k]!;
        const count = k < style ? style : center.length - style;
        return Math.min(Math.max(scaled, -4), 4) * 2 / Math.sqrt(count);
      });
      const width = features.statistics.dimension;
      const lexical = features.statistics.data.subarray(row * width + center.length, (row + 1) * width - 1);
      const k = new Float64Array(alpha.length);
      covariance.fill(
        [
          distance(0, text),
          distance(1, metric),
          distance(2, standardized.slice(0, style)),
          distance(3, standardized.slice(style)),
          distance(4, Float64Array.from(lexical)),
        ],
        of("scales").data,
        k,
      );
      const wanted = of("mean").data[0]! + k.reduce((sum, value, i) => sum + value * alpha[i]!, 0);
      const { noise, terms } = covariance.values(of("scales").data);
      const explained = rowsIn("root").reduce((sum, one) => {
        const known = one.reduce((product, value, i) => product + value * k[i]!, 0);
        return sum + known * known;
      }, 0);
      const variance = noise + terms.reduce((sum, term) => sum + term.variance, 0) - explained;
      assert.ok(
        Math.abs(standardDeviation![row]! - Math.sqrt(variance)) < 2e-3,
        `${row}: ${standardDeviation![row]}, ${Math.sqrt(variance)}`,
      );
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
        settings: { ...settings, model: { rows: 20, searchRows: 15, components: 5 } },
        files,
        maxRows: null,
        out: join(folder, out),
      }, { engine, reporter: silent });
    await train("a");
    await train("b");
    const read = (run: string) => Deno.readFile(join(folder, run, "model.safetensors"));
    assert.deepEqual(await read("a"), await read("b"));
  }),
);

Deno.test("gaussian process: distances of more rows than can be bound at once give the same covariances", async () => {
  using network = new GaussianProcess({ engine }, {
    ...{ rows: 7, varianceRows: 3, components: 2, metric: 3, text: 3, fields: 1 },
  });
  const { covariance, kinds } = network, { capabilities } = engine;
  network.setScales(engine, covariance.start, new Float32Array(kinds.count).fill(2));
  const distances = Array.from(
    { length: kinds.count },
    (_, kind) => engine.tensor([5, 7], Array.from({ length: 35 }, (_, i) => (i * (kind + 2)) % 9 / 4)),
  );
  const whole = engine.scope(() => network.covariances(distances));
  // Two rows at once.
  const numbers = Math.max(kinds.count, covariance.terms.length) * 7;
  Object.assign(engine, { capabilities: { ...capabilities, maxBindingSize: 4 * numbers * 2 + 4 } });
  const { dispatches } = engine.stream, inParts = engine.scope(() => network.covariances(distances));
  Object.assign(engine, { capabilities });
  assert.ok(engine.stream.dispatches - dispatches > 3 * 3);
  const [expected, found] = await engine.read([whole, inParts]);
  assert.deepEqual(found, expected);
});
