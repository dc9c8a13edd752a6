import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { Philox } from "../../kernels/philox.ts";
import { balancedBatches } from "../../recipes/training/batches.ts";
import { Ridge } from "../../recipes/classical/ridge.ts";
import { AttentionRefiner, type AttentionRefinerSizes } from "../../recipes/attention_refiner/network.ts";
import { attentionRefiner } from "../../recipes/attention_refiner/recipe.ts";
import { RefinedRidge } from "../../recipes/attention_refiner/refined_ridge.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { testEngine, uniforms } from "../engine/harness.ts";
import { withFolder } from "../temporary.ts";
import { checkParameters } from "./parameter_gradients.ts";
import { silent, writeInputs } from "../runs/runs.ts";

const engine = await testEngine();
const recipe = attentionRefiner.name;
const sizes: AttentionRefinerSizes = {
  metric: 3,
  text: 5,
  fields: 3,
  width: 4,
  layers: 1,
  heads: 2,
  feedForward: 0,
  dropout: 0,
  normalize: true,
};

/** Two rows of three texts; the first row lacks its first text. */
function rowsOf() {
  return {
    metric: engine.tensor([2, 3], uniforms(6, 1)),
    text: engine.tensor([2, 15], uniforms(30, 2)),
    absent: engine.indices([2, 3], [1, 0, 0, 0, 0, 0]),
  };
}

for (const [dropout, feedForward] of [[0, 0], [0.3, 5]] as const) {
  const name = `with dropout ${dropout} and ${feedForward > 0 ? "a" : "no"} feed-forward part`;
  Deno.test(`attention refiner ${name}: gradients of all parameters equal finite differences`, async () => {
    const network = new AttentionRefiner({ engine, random: new Philox(5) }, { ...sizes, dropout, feedForward });
    // Biases larger than what the weights give keep every unit on one side of the rectifier.
    for (const layer of [network.metric, network.text, network.cross, network.joint].flat()) {
      layer.feed?.[0]?.bias?.assign(Float32Array.from({ length: feedForward }, (_, i) => i % 3 ? 4 : -4));
    }
    const rows = rowsOf();
    await checkParameters(engine, network, () => {
      engine.random.step = 6;
      engine.random.nextStep();
      return network.forward(rows);
    });
    for (const owned of [network, ...Object.values(rows)]) owned.dispose();
  });
}

Deno.test("attention refiner: an absent text changes nothing, whatever stands in its place, and a present one does", async () => {
  const network = new AttentionRefiner({ engine, random: new Philox(5) }, { ...sizes, layers: 2, feedForward: 8 });
  const rows = rowsOf(), values = uniforms(30, 2);
  const refined = (at: number) => {
    const text = engine.tensor([2, 15], values.with(at, 9));
    return network.forward({ ...rows, text });
  };
  const outputs = engine.scope(() => [network.forward(rows), refined(2), refined(7), refined(15)]);
  const [plain, absent, present, other] = await engine.read(outputs);
  assert.deepEqual(absent, plain);
  assert.notDeepEqual(present!.slice(0, 4), plain!.slice(0, 4));
  assert.notDeepEqual(other!.slice(4), plain!.slice(4));
  assert.deepEqual(other!.slice(0, 4), plain!.slice(0, 4));
  const length = Math.hypot(...plain!.slice(0, 4));
  assert.ok(Math.abs(length - 1) < 1e-6, `refined embeddings have length 1, not ${length}`);
  for (const owned of [network, ...Object.values(rows), ...outputs]) owned.dispose();
});

Deno.test("attention refiner: a text that is absent is as one that does not exist", async () => {
  const made = (fields: number) => new AttentionRefiner({ engine, random: new Philox(5) }, { ...sizes, fields });
  const three = made(3), two = made(2);
  const rows = { ...rowsOf(), absent: engine.indices([2, 3], [1, 0, 0, 1, 0, 0]) };
  const text = engine.tensor([2, 10], uniforms(30, 2).filter((_, i) => i % 15 >= 5));
  const outputs = engine.scope(() => [
    three.forward(rows),
    two.forward({ metric: rows.metric, text, absent: null }),
  ]);
  const [masked, without] = await engine.read(outputs);
  masked!.forEach((value, i) => assert.ok(Math.abs(value - without![i]!) < 1e-6, `${i}: ${value}, ${without![i]}`));
  for (const owned of [three, two, text, ...Object.values(rows), ...outputs]) owned.dispose();
});

Deno.test("attention refiner: scores are the ridge's, and no optimiser touches it", async () => {
  const network = new RefinedRidge({ engine, random: new Philox(5) }, sizes);
  const ridge = new Ridge(Float64Array.of(1, -2, 3, 0.5), 7);
  network.assign(ridge);
  const data = uniforms(12, 3), x = engine.tensor([3, 4], data);
  const score: Tensor = engine.scope(() => network.score(x));
  const expected = ridge.predict({ data, rows: 3, columns: 4 });
  (await score.data()).forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-5));
  assert.ok([...network.namedParameters().keys()].every((name) => name.startsWith("refiner.")));
  for (const owned of [network, x, score]) owned.dispose();
});

Deno.test("balanced batches: every bin that has rows has the same share, rows come round in turn, the same for a seed", () => {
  // 2 rows in the first bin, none in the second, 90 and 8 in the others.
  const score = [0, 2, ...new Array<number>(90).fill(7), ...new Array<number>(8).fill(10)];
  const draw = (seed: number) =>
    balancedBatches(score, { batchSize: 12, binStarts: [0, 3, 6, 9] }, new Philox(seed)).map((rows) => [...rows]);
  const batches = draw(1);
  assert.equal(batches.length, Math.ceil(100 / 12));
  for (const rows of batches) {
    const drawn = rows.map((row) => score[row]!);
    const counts = [(one: number) => one < 3, (one: number) => one === 7, (one: number) => one === 10]
      .map((within) => drawn.filter(within).length);
    assert.deepEqual(counts, [4, 4, 4]);
  }
  const middle = batches.flat().filter((row) => score[row] === 7);
  assert.equal(new Set(middle).size, middle.length, "none comes twice before all have come");
  assert.deepEqual(draw(1), batches);
  assert.notDeepEqual(draw(2), batches);
  assert.deepEqual(balancedBatches([5, 9], { batchSize: 12, binStarts: [0, 3, 6, 9] }, new Philox(1)).length, 1);
});

Deno.test("attention refiner: bounds of triplets that overlap are refused", () => {
  assert.throws(
    () => settingsOf(recipeNamed(recipe), { loss: { positiveWithin: 3 } }),
    /loss.positiveWithin is 3; less than loss.negativeFrom, 3, is expected\./,
  );
});

Deno.test(
  "attention refiner: a run on texts of their own fits its ridge to the train rows and ends in a scorer with an offset",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder, 120), embeddings: null }, out = join(folder, "run");
    const settings = {
      model: { width: 8, heads: 2, layers: 1, ridge: { alphas: [1, 10] } },
      loss: { mining: "semihard" },
      training: { epochs: 2, batchSize: 32, refit: "none" },
      prediction: { offset: -3 },
    } as const;
    for (const path of [out, join(folder, "again")]) {
      await trainRun({ recipe, files, settings, maxRows: null, out: path }, { engine, reporter: silent });
    }
    const read = (run: string) => Deno.readFile(join(folder, run, "model.safetensors"));
    assert.deepEqual(await read("run"), await read("again"));
    const scorer = await Scorer.load(engine, out);
    const state = await scorer.model.network.stateDict();
    const [intercept] = state.get("intercept")!.data;
    assert.ok(intercept! > 2 && intercept! < 8, `the intercept is fitted: ${intercept}`);
    const records = await readRecords(files.data, { scores: "ignored" });
    const { score } = await scorer.predict(await scorer.features(records, { source: files.data }));
    const mean = score.reduce((sum, one) => sum + one, 0) / score.length;
    assert.ok(Math.abs(mean - 2) < 1.5, `scores of random rows lie about 5 - 3: ${mean}`);
    for (const { record, predicted } of await readValidation(join(out, "validation.csv"))) {
      assert.ok(Math.abs(predicted - score[record]!) < 1e-3);
    }
    scorer.dispose();
  }),
);
