import assert from "node:assert/strict";
import { join } from "node:path";
import { backward } from "../../engine/autograd.ts";
import { Adam } from "../../engine/optim/adam.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { Philox } from "../../kernels/philox.ts";
import { KernelPca } from "../../recipes/classical/kernel_pca.ts";
import { MahalanobisMetric } from "../../recipes/classical/mahalanobis.ts";
import { type Matrix, rowOf } from "../../recipes/classical/matrix.ts";
import { KNeighborsRegressor } from "../../recipes/classical/neighbours.ts";
import { Pca } from "../../recipes/classical/pca.ts";
import { scoreTriplets } from "../../recipes/classical/triplets.ts";
import type { LabelledBatch } from "../../recipes/training/batch.ts";
import type { DirectionWeights } from "../../recipes/direction_weights.ts";
import { fitNetwork, fitRows } from "../../recipes/scml/fit.ts";
import { LocalScml } from "../../recipes/scml/local_scml.ts";
import { LocalNearestRows } from "../../recipes/scml/local_neighbours.ts";
import { NearestRows } from "../../recipes/scml/neighbours.ts";
import { KernelProjection, PrincipalComponents } from "../../recipes/scml/projections.ts";
import { scml } from "../../recipes/scml/recipe.ts";
import { ScmlRegressor } from "../../recipes/scml/regressor.ts";
import { tripletBatches } from "../../recipes/scml/triplet_batches.ts";
import { isRefitted } from "../../recipes/training/refit.ts";
import { settingsOf } from "../../recipes/registry.ts";
import type { Recipe, TrainRows } from "../../recipes/recipe.ts";
import type { ScmlSettings } from "../../recipes/scml/config.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { readNpy } from "../../data/files/npy.ts";
import { readRecords } from "../../data/records.ts";
import { testEngine, uniforms } from "../engine/harness.ts";
import { withFolder } from "../temporary.ts";
import { assertClose, normalRows } from "./classical/rows.ts";
import { checkParameters } from "./parameter_gradients.ts";
import { assertResumesToTheSameBits, silent, writeInputs } from "../runs/runs.ts";

const engine = await testEngine();
const options = (seed = 5) => ({ engine, random: new Philox(seed) });
const upload = ({ data, rows, columns }: Matrix) => engine.tensor([rows, columns], Float32Array.from(data));

async function valuesOf(make: () => Tensor): Promise<Float32Array> {
  const tensor = engine.noGrad(() => engine.scope(make));
  const values = await tensor.data();
  tensor.dispose();
  return values;
}

for (const projects of [true, false]) {
  Deno.test(`scml: gradients of all parameters equal finite differences, z ${projects ? "learnt" : "given"}`, async () => {
    const sizes = { inputs: 3, projection: 2, projects, bases: 4, learnsBasis: true, hidden: [5], dropout: 0.3 };
    const network = new ScmlRegressor(options(), sizes);
    // Biases larger than what the features give keep every unit on one side of the rectifier.
    const { bias } = network.mlp[0]!;
    bias!.assign(Float32Array.from({ length: 5 }, (_, i) => i % 3 ? 4 : -4));
    const x = engine.tensor([6, 3], uniforms(18, 1)), z = engine.tensor([6, 2], uniforms(12, 2));
    await checkParameters(engine, network, () => {
      engine.random.step = 6;
      engine.random.nextStep();
      return projects ? network.forward(x) : network.forward(x, z);
    });
    for (const owned of [network, x, z]) owned.dispose();
  });
}

Deno.test("scml: principal components and kernel PCA are those in float64, scaled to a mean square of 1", async () => {
  const x = normalRows(40, 6), fresh = normalRows(9, 6, 7);
  const pca = Pca.fit(x, 3), kernelPca = KernelPca.fit(x, { components: 4 });
  const components = new PrincipalComponents(engine, 3, 6);
  const kernel = new KernelProjection(engine, { rows: 50, inputs: 6, projection: 4 });
  components.set(pca);
  kernel.set(kernelPca);
  for (
    const [module, { data: wanted }, fitted] of [
      [components, pca.transform(fresh), pca.transform(x)],
      [kernel, kernelPca.transform(fresh), kernelPca.transform(x)],
    ] as const
  ) {
    const rows = upload(fresh), found = await valuesOf(() => module.forward(rows));
    const scale = 1 / Math.sqrt(fitted.data.reduce((sum, value) => sum + value ** 2, 0) / fitted.data.length);
    assertClose(found, wanted.map((value) => scale * value), 0.02, module.constructor.name);
    const ratio = found[0]! / wanted[0]!;
    assertClose(found, wanted.map((value) => ratio * value), 1e-4, `${module.constructor.name}, up to its scale`);
    for (const owned of [module, rows]) owned.dispose();
  }
});

Deno.test("scml: nearest rows under a metric score as in float64, with fewer rows than there is room for", async () => {
  const x = normalRows(30, 5), fresh = normalRows(8, 5, 3), score = Float32Array.from({ length: 30 }, (_, i) => i % 11);
  const metric = MahalanobisMetric.fromBasisWeights(normalRows(6, 5, 4), Float64Array.of(1, 0, 2, 0.5, 0, 3));
  const network = new NearestRows(engine, { inputs: 5, bases: 6, rows: 34, neighbors: 7 });
  network.setMetric(metric);
  const known = upload(x), rows = upload(fresh);
  network.setRows({ data: await valuesOf(() => network.transform(known)), rows: 30, columns: 6 }, score);
  const found = await valuesOf(() => network.forward(rows));
  assertClose(found, new KNeighborsRegressor(x, score, { neighbors: 7, metric }).predict(fresh), 1e-5, "scores");
  for (const owned of [network, known, rows]) owned.dispose();
});

Deno.test("local scml: gradients equal finite differences, and it learns the direction that scores follow", async () => {
  const x = normalRows(60, 4), score = Float32Array.from({ length: 60 }, (_, i) => 5 + 3 * rowOf(x, i)[1]!);
  const drawn = scoreTriplets(score, 200, new Philox(2));
  const column = (at: number) => engine.indices([drawn.length / 3], drawn.filter((_, i) => i % 3 === at));
  const triplets = { anchor: column(0), positive: column(1), negative: column(2) };
  const identity = Float32Array.from({ length: 16 }, (_, i) => i % 5 === 0 ? 1 : 0);
  const rows = { x: upload(x), z: upload(normalRows(60, 2, 9)), basis: engine.tensor([4, 4], identity) };
  const network = new LocalScml(options(), { bases: 4, projection: 2 });
  // Steps of a difference must not lead over the hinge's kink; at first all weights are near 1.
  const squared = (i: number, j: number) =>
    rowOf(x, i).reduce((sum, value, k) => sum + (value - rowOf(x, j)[k]!) ** 2, 0);
  const clear = Array.from({ length: drawn.length / 3 }, (_, t) => [...drawn.subarray(3 * t, 3 * t + 3)])
    .filter(([a, p, n]) => Math.abs(1 + squared(a!, p!) - squared(a!, n!)) > 2).slice(0, 20);
  const [anchor, positive, negative] = [0, 1, 2].map((i) => engine.indices([20], clear.map((one) => one[i]!)));
  await checkParameters(
    engine,
    network,
    () => network.loss(rows, { anchor: anchor!, positive: positive!, negative: negative! }, 0.3),
  );
  for (const owned of [anchor, positive, negative]) owned!.dispose();

  const optimizer = new Adam(network.parameters(), { lr: 0.02 });
  const first = (await valuesOf(() => network.loss(rows, triplets, 0)))[0]!;
  for (let step = 0; step < 150; step++) {
    await engine.step(() => {
      optimizer.zeroGrad();
      backward(network.loss(rows, triplets, 0.05));
      optimizer.step();
    });
  }
  const last = (await valuesOf(() => network.loss(rows, triplets, 0)))[0]!;
  const weights = (await network.bias.data()).map((one) => one ** 2);
  assert.ok(last < 0.3 * first, `${first} to ${last}`);
  assert.ok(weights.every((weight, k) => k === 1 || weight < 0.2 * weights[1]!), String(weights));
  for (const owned of [optimizer, network, ...Object.values(rows), ...Object.values(triplets)]) owned.dispose();
});

Deno.test("local scml: nearest rows under each row's own metric score as in float64, with fewer rows than there is room for", async () => {
  const x = normalRows(30, 5), fresh = normalRows(8, 5, 3), z = normalRows(8, 2, 6), basis = normalRows(5, 6, 4);
  const score = Float32Array.from({ length: 30 }, (_, i) => i % 11);
  const network = new LocalNearestRows(options(), { inputs: 5, bases: 6, projection: 2, rows: 34, neighbors: 7 });
  engine.write(network.basis, Float32Array.from(basis.data));
  const known = upload(x), rows = upload(fresh), places = upload(z);
  network.setRows({ data: await valuesOf(() => network.transform(known)), rows: 30, columns: 6 }, score);
  const weights = await valuesOf(() => network.weights(places));
  const transposed = { ...basis, data: basis.data.map((_, at) => basis.data[at % 5 * 6 + Math.floor(at / 5)]!) };
  const directions = { ...transposed, rows: 6, columns: 5 };
  const wanted = Array.from({ length: 8 }, (_, i) => {
    const own = Float64Array.from(weights.subarray(6 * i, 6 * i + 6));
    const metric = MahalanobisMetric.fromBasisWeights(directions, own);
    const row = { data: rowOf(fresh, i), rows: 1, columns: 5 };
    return new KNeighborsRegressor(x, score, { neighbors: 7, metric }).predict(row)[0]!;
  });
  assertClose(await valuesOf(() => network.forward(rows, places)), wanted, 1e-5, "scores");
  for (const owned of [network, known, rows, places]) owned.dispose();
});

Deno.test("local scml: a batch of triplets has the loss of the same triplets by number, each by its anchor's weight", async () => {
  const network = new LocalNearestRows(options(), { inputs: 4, bases: 4, projection: 2, rows: 3, neighbors: 1 });
  engine.write(network.basis, Float32Array.from({ length: 16 }, (_, i) => i % 5 === 0 ? 1 : 0));
  const x = upload(normalRows(6, 4)), z = upload(normalRows(6, 2, 9)), twos = engine.full([6], 2);
  const numbers = (...rows: number[]) => engine.indices([2], Uint32Array.from(rows));
  const triplets = { anchor: numbers(0, 1), positive: numbers(2, 3), negative: numbers(4, 5) };
  const rows = { x, z, basis: network.basis };
  const [plain] = await valuesOf(() => network.metric.loss(rows, triplets, 0));
  const [norm] = await valuesOf(() => network.metric.mixedNorm());
  const [found] = await valuesOf(() => network.loss(x, z, twos, 0.5));
  assert.ok(plain! > 0);
  assert.ok(Math.abs(found! - (2 * plain! + 0.5 * norm!)) < 1e-4, `${found}, not twice ${plain} and half ${norm}`);
  for (const owned of [network, x, z, twos, ...Object.values(triplets)]) owned.dispose();
});

Deno.test("local scml: batches are triplets of rows that count, near and far in score, and none where there are none", () => {
  const score = Float32Array.from({ length: 50 }, (_, i) => i % 11), weight = score.map((_, i) => i < 40 ? 1 : 0);
  const rows = { text: Uint32Array.from(score.keys()), metric: new Uint32Array(50), score, weight };
  const batches = tripletBatches(rows, 16, new Philox(1));
  assert.deepEqual(batches.map(({ length }) => length), [15, 15, 15]);
  for (const batch of batches) {
    const at = (i: number, part: number) => score[batch[5 * part + i]!]!;
    for (let i = 0; i < 5; i++) {
      assert.ok(Math.abs(at(i, 0) - at(i, 1)) <= 1 && Math.abs(at(i, 0) - at(i, 2)) >= 3, batch.join());
      assert.notEqual(batch[i], batch[5 + i]);
    }
    assert.ok(batch.every((row) => row < 40));
  }
  assert.deepEqual(tripletBatches({ ...rows, score: score.map(() => 9) }, 16, new Philox(1)), []);
});

Deno.test("scml: rows are set after each epoch where neighbours are looked for by a metric that is learnt in steps", () => {
  const refitted = (head: string) => isRefitted(scml as Recipe, settingsOf(scml as Recipe, { model: { head } }));
  assert.deepEqual(["mlp", "knn", "local-knn"].map(refitted), [false, true, true]);
});

const size = { text: 4, metric: 3 };
const small = { pca: 4, bases: 6, triplets: 60, projectionSize: 3, kernelRows: 12, hidden: [8], neighbors: 5 } as const;

/** A network fitted to the first 24 of 30 records, with some rows of weight 0. */
async function fitted(model: object, change: (rows: { texts: Float32Array; score: Float32Array }) => void = () => {}) {
  const count = 24, texts = uniforms(30 * size.text, 1), metrics = uniforms(2 * size.metric, 2);
  const score = Float32Array.from({ length: count }, (_, i) => (7 * i) % 11);
  const weight = Float32Array.from({ length: count }, (_, i) => i < 20 ? 1 : 0);
  change({ texts, score });
  const text = Uint32Array.from({ length: count }, (_, i) => i), metric = text.map((i) => i % 2);
  const settings = settingsOf(scml, { model: { ...small, ...model } }) as ScmlSettings;
  const network = scml.build(
    settings,
    { ...size, fields: 1, statistics: 1, trainRows: count, fittedRows: count },
    options(),
  );
  const rows = {
    text: upload({ data: texts.slice(0, count * size.text), rows: count, columns: size.text }),
    metric: upload({
      data: Float32Array.from({ length: count * size.metric }, (_, at) => {
        const row = Math.floor(at / size.metric);
        return metrics[metric[row]! * size.metric + at % size.metric]!;
      }),
      rows: count,
      columns: size.metric,
    }),
  };
  const train = {
    engine,
    tables: {
      texts: { data: texts, fields: 1, dimension: size.text },
      metrics: { data: metrics, dimension: size.metric },
      statistics: { data: new Float32Array(30), dimension: 1 },
    },
    rows: { text, metric, score, weight },
    phase: () => Promise.resolve(),
    compute: (of) =>
      valuesOf(() => of(rows as unknown as Parameters<typeof of>[0])) as Promise<Float32Array<ArrayBuffer>>,
  } satisfies TrainRows;
  try {
    await fitNetwork(network, train, settings);
    await fitRows(network, train);
    const scores = await valuesOf(() => network.forward(rows));
    return { state: await network.stateDict(), scores };
  } finally {
    for (const owned of [network, rows.text, rows.metric]) owned.dispose();
  }
}

const variants = {
  "learned": {},
  "identity": { basis: "identity" },
  "lda": { basis: "lda" },
  "no pca": { pca: 0, basis: "triplet-diffs" },
  "kernel pca": { projection: "kernel-pca" },
  "nearest neighbours": { head: "knn" },
  "local neighbours": { head: "local-knn" },
};
for (const [name, model] of Object.entries(variants)) {
  Deno.test(`scml, ${name}: what is fitted repeats, and follows neither held-out rows nor rows of weight 0`, async () => {
    const { state, scores } = await fitted(model);
    assert.ok(scores.every(Number.isFinite));
    assert.deepEqual((await fitted(model)).state, state);
    const others = await fitted(model, ({ texts, score }) => {
      texts.fill(3, 20 * size.text);
      score.fill(0, 20);
    });
    assert.deepEqual(others.state, state);
    if (name === "identity") return;
    const changed = await fitted(model, ({ texts, score }) => {
      texts[5] = 2;
      score.fill(9, 0, 3);
    });
    assert.notDeepEqual(changed.state, state);
  });
}

Deno.test("scml: without rows far apart in score it is said which bases need none", async () => {
  const same = ({ score }: { score: Float32Array }) => void score.fill(9);
  await assert.rejects(fitted({}, same), /no triplets; model\.basis identity and lda need none/);
  const local = { head: "local-knn", basis: "identity" };
  await assert.rejects(fitted(local, same), /no triplets; model\.head local-knn cannot learn without/);
  assert.ok((await fitted({ basis: "identity" }, same)).scores.every(Number.isFinite));
});

Deno.test("scml: the mixed norm takes directions out", async () => {
  const build = { ...size, fields: 1, statistics: 1, trainRows: 20, fittedRows: 20 };
  const count = 20, shape = [count] as const;
  const batch = {
    text: engine.tensor([count, size.text], uniforms(count * size.text, 1)),
    metric: engine.tensor([count, size.metric], uniforms(count * size.metric, 2)),
    score: engine.tensor(shape, Array.from({ length: count }, (_, i) => i % 11)),
    weight: engine.tensor(shape, new Float32Array(count).fill(1)),
  };
  const normsOf = async (l21: number) => {
    const settings = settingsOf(scml, { model: { ...small, pca: 0 }, loss: { l21 } }) as ScmlSettings;
    const network = scml.build(settings, build, options());
    const optimizer = new Adam(network.parameters(), { lr: 0.02 });
    for (let step = 0; step < 60; step++) {
      await engine.step(() => {
        optimizer.zeroGrad();
        backward(scml.loss(network, batch as unknown as LabelledBatch, settings));
        optimizer.step();
      });
    }
    const { data, shape: [, bases] } = (await network.stateDict()).get("head.mlp.0.weight")!;
    for (const owned of [optimizer, network]) owned.dispose();
    return Array.from({ length: bases! }, (_, k) => Math.hypot(...data.filter((_, at) => at % bases! === k)));
  };
  const plain = await normsOf(0), sparse = await normsOf(2);
  assert.ok(Math.max(...sparse) < 0.5 * Math.min(...plain), `${plain} to ${sparse}`);
  for (const owned of Object.values(batch)) owned.dispose();
});

Deno.test(
  "scml: a stopped run ends in the bits of an unbroken one",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), settings = { model: small, training: { epochs: 3, batchSize: 32 } };
    const request = { recipe: scml.name, settings, files, maxRows: null };
    await assertResumesToTheSameBits(folder, request, { engine });
  }),
);

/** Checks that a saved run without a refit gives its validation rows the scores that it had for them in training. */
async function assertScoresAsItsRun(out: string, files: Awaited<ReturnType<typeof writeInputs>>): Promise<void> {
  const scorer = await Scorer.load(engine, out);
  const records = await readRecords(files.data, { scores: "required" });
  const features = await scorer.features(records, { source: files.data, embeddings: files.embeddings });
  const { score } = await scorer.predict(features);
  for (const { record, predicted } of await readValidation(join(out, "validation.csv"))) {
    assert.ok(Math.abs(predicted - score[record]!) < 1e-3);
  }
  scorer.dispose();
}

Deno.test(
  "scml: nearest neighbours are fitted in one epoch and score records as their run did",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run");
    const request = {
      recipe: scml.name,
      settings: { model: { ...small, head: "knn" }, training: { refit: "none" as const } },
      files,
      maxRows: null,
      out,
    };
    const { finished, epochs } = await trainRun(request, { engine, reporter: silent });
    assert.deepEqual([finished, epochs], [true, 1]);
    await assertScoresAsItsRun(out, files);
  }),
);

Deno.test(
  "local scml: a run learns what scores follow, says by which directions, resumes to the same bits and is saved whole",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 120);
    const { data: texts, shape: [, width] } = await readNpy(join(files.embeddings, "text.npy"));
    const given: { score: string }[] = JSON.parse(await Deno.readTextFile(files.data));
    const scoreOf = (row: number) => Math.min(Math.max(Math.round(5 + 3 * Number(texts[row * width!])), 0), 10);
    await Deno.writeTextFile(files.data, JSON.stringify(given.map((one, i) => ({ ...one, score: scoreOf(i) }))));
    const out = await assertResumesToTheSameBits(folder, {
      recipe: scml.name,
      settings: {
        augmentation: { metricSwap: { share: 0 } },
        model: { ...small, pca: 10, bases: 10, head: "local-knn", kernelRows: 40 },
        loss: { l21: 0.01 },
        optimizer: { lr: 0.02 },
        training: { epochs: 3, batchSize: 12, refit: "none" },
      },
      files,
      maxRows: null,
    }, { engine });
    const figures: { set: string; rmse: number; constant: number }[] = JSON.parse(
      await Deno.readTextFile(join(out, "figures.json")),
    );
    const { rmse, constant } = figures.find(({ set }) => set === "validation")!;
    assert.ok(rmse < 0.7 * constant, `${rmse}, with ${constant} of the constant`);
    const { all, metrics }: DirectionWeights = JSON.parse(await Deno.readTextFile(join(out, "directions.json")));
    assert.ok(all.length === 10 && all.every((weight) => weight >= 0) && all.some((weight) => weight > 0));
    assert.deepEqual(Object.entries(metrics).map(([name, { length }]) => [name, length]), [
      ["metric 0", 10],
      ["metric 1", 10],
      ["metric 2", 10],
      ["metric 3", 10],
    ]);
    await assertScoresAsItsRun(out, files);
  }),
);
