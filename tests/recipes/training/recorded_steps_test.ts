import assert from "node:assert/strict";
import type { EpochFigures } from "../../../data/observer.ts";
import type { LabelledRows } from "../../../data/pairs/feature_tables.ts";
import type { CapturedStep } from "../../../engine/captured_step.ts";
import type { Tensor } from "../../../engine/tensors/tensor.ts";
import { add } from "../../../engine/ops/arithmetic.ts";
import { makeModel } from "../../../recipes/model.ts";
import type { Recipe } from "../../../recipes/recipe.ts";
import { recipeNamed, settingsOf } from "../../../recipes/registry.ts";
import type { GivenSettings } from "../../../recipes/settings/shared.ts";
import { BatchSource } from "../../../recipes/training/batch.ts";
import { LabelledSource } from "../../../recipes/training/labelled_source.ts";
import { Trainer } from "../../../recipes/training/trainer.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";

const engine = await testEngine();
const widths = { metric: 5, text: 4, fields: 3, statistics: 2, trainRows: 40, fittedRows: 52 };
const metrics = 4;

/** Three texts a record, some of them absent; the last batch of 16 has 8 rows. */
function data() {
  const rows = widths.fittedRows, texts = uniforms(rows * 12, 1);
  for (let row = 0; row < rows; row += 3) texts.fill(0, row * 12, row * 12 + 4);
  const tables = {
    texts: { data: texts, fields: 3, dimension: 4 },
    metrics: { data: uniforms(metrics * 5, 2), dimension: 5 },
    statistics: { data: uniforms(rows * 2, 3), dimension: 2 },
  };
  const labelled = (from: number, count: number): LabelledRows => {
    const text = Uint32Array.from({ length: count }, (_, i) => from + i);
    return {
      ...{ text, metric: text.map((row) => row % metrics) },
      score: Float32Array.from(text, (row) => row * 7 % 11),
      weight: Float32Array.from(text, (row) => 1 + row % 3 / 2),
    };
  };
  const { trainRows } = widths, train = labelled(0, trainRows), validation = labelled(trainRows, rows - trainRows);
  return { tables, train, validation, mismatched: null, mismatchedShare: 0 };
}

/** Each answer was preferred to the one after it. */
function compared(rows: LabelledRows): LabelledRows {
  return { ...rows, preferredTo: Int32Array.from(rows.score, (_, row) => row % 2 === 0 ? row + 1 : -1) };
}

interface Training {
  readonly recipe: Recipe;
  readonly settings?: GivenSettings;
  readonly preferences?: boolean;
}

/** Trains for four epochs: figures and bits of all values, and how many sizes of batch were recorded. */
async function train(
  { recipe, settings: given = {}, preferences = false }: Training,
  asWritten: boolean,
  bindable?: number,
) {
  const { capture, capabilities } = engine;
  const settings = settingsOf(recipe, {
    ...given,
    training: { batchSize: 16, epochs: 4, labelNoise: 0.1, ...given.training },
  });
  const model = makeModel(engine, recipe, settings, widths), { train, validation, ...others } = data();
  let step: CapturedStep<Record<string, Tensor>, unknown> | null = null;
  engine.capture = (body, options) => {
    const captured = capture.call(engine, body as never, options);
    if (asWritten) captured.run = (inputs) => engine.step(() => body(inputs as never));
    return (step = captured) as never;
  };
  if (bindable) Object.assign(engine, { capabilities: { ...capabilities, maxBindingSize: bindable } });
  const rows = preferences ? compared : (rows: LabelledRows) => rows;
  const trainer = new Trainer(engine, model, { ...others, train: rows(train), validation: rows(validation) });
  Object.assign(engine, { capture, capabilities });
  const figures: EpochFigures[] = [], reasons: string[] = [];
  try {
    await trainer.start();
    await trainer.run({ epoch: (one) => void figures.push(one), debug: (reason) => void reasons.push(reason) });
    const { weights, moments } = trainer.checkpoint("");
    const values: Uint8Array[] = [];
    for (const state of [weights, ...Object.values(moments)]) {
      for (const { pieces } of state.values()) for await (const piece of pieces()) values.push(piece);
    }
    return { figures, values, reasons, recorded: step!.memory.length };
  } finally {
    trainer.dispose();
    model.network.dispose();
  }
}

const model = { hidden: [16, 8], dropout: 0.3 }, layers = { width: 8, heads: 2, layers: 1, feedForward: 1 };
const trainings: Readonly<Record<string, Training>> = {
  "bilinear with clipping and a cosine schedule": {
    recipe: recipeNamed("bilinear"),
    settings: { model: { ...model, rank: 4 }, optimizer: { clip: 0.1 }, schedule: { name: "cosine" } },
  },
  "the full bilinear form with classes": {
    recipe: recipeNamed("bilinear"),
    settings: { model: { ...model, bilinear: "full", head: "standard" }, loss: { name: "hybrid" } },
  },
  "residual-mlp": { recipe: recipeNamed("residual-mlp"), settings: { model } },
  "residual-mlp on preferences": { recipe: recipeNamed("residual-mlp"), settings: { model }, preferences: true },
  "attention-refiner on shuffled rows": {
    recipe: recipeNamed("attention-refiner"),
    settings: { model: layers, loss: { balanced: false } },
  },
  "joint-embedding": { recipe: recipeNamed("joint-embedding"), settings: { model: { projection: 8, hidden: 8 } } },
  "scml": {
    recipe: recipeNamed("scml"),
    settings: { model: { pca: 8, bases: 8, projectionSize: 4 }, loss: { l21: 0.01 } },
  },
};
const mixed: Training = {
  recipe: recipeNamed("bilinear"),
  settings: { model: { ...model, rank: 4 }, training: { precision: "mixed", onNonfinite: "reduce-scale" } },
};

for (const [name, training] of Object.entries(trainings)) {
  Deno.test(`recorded steps: ${name} comes to the bits of steps that run as they are written`, async () => {
    const { recorded, ...found } = await train(training, false),
      { recorded: _, ...written } = await train(training, true);
    assert.deepEqual(found.reasons, []);
    assert.ok(recorded > 0);
    assert.deepEqual(found, written);
    assert.deepEqual(engine.pool.liveLabels(), []);
  });
}

Deno.test({
  name: "recorded steps: mixed precision comes to the bits of steps that run as they are written",
  ignore: !engine.capabilities.shaderF16,
  async fn() {
    const { recorded, ...found } = await train(mixed, false), { recorded: _, ...written } = await train(mixed, true);
    assert.ok(recorded > 0);
    assert.deepEqual(found, written);
  },
});

Deno.test("recorded steps: texts that the GPU has no room for are sent, to the same bits", async () => {
  const { tables, train: rows } = data(), { capabilities } = engine, picked = Uint32Array.of(3, 39, 3, 0);
  Object.assign(engine, { capabilities: { ...capabilities, maxBindingSize: 1000 } });
  const sent = new BatchSource(engine, tables);
  Object.assign(engine, { capabilities });
  const kept = new BatchSource(engine, tables);
  const [expected, found] = [kept, sent].map((source) => {
    const labelled = new LabelledSource(engine, source, rows), batch = labelled.batch(labelled.send(picked));
    labelled.dispose();
    return batch;
  });
  assert.deepEqual(await engine.read([found!.text]), await engine.read([expected!.text]));
  kept.dispose();
  sent.dispose();
  const training = trainings["residual-mlp"]!;
  const { recorded, ...recordedRun } = await train(training, false, 1000);
  const { recorded: _, ...written } = await train(training, true, 1000);
  assert.ok(recorded > 0);
  assert.deepEqual(recordedRun, written);
});

Deno.test("recorded steps: what keeps them from being recorded is told once, and they run as they are written", async () => {
  const plain = recipeNamed("residual-mlp"), settings = { model };
  const recipe = {
    ...plain,
    loss: (...[network, batch, all]: Parameters<typeof plain.loss>) =>
      add({ a: plain.loss(network, batch, all), b: engine.tensor([], [0]) }),
  };
  const { recorded, reasons, ...found } = await train({ recipe, settings }, false);
  assert.deepEqual([recorded, reasons], [0, ["Steps are not recorded: it writes numbers of the host to the GPU."]]);
  const { recorded: _, reasons: __, ...written } = await train({ recipe: plain, settings }, true);
  assert.deepEqual(found, written);
});
