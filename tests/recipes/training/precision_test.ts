import assert from "node:assert/strict";
import { join } from "node:path";
import { formatExplanation } from "../../../cli/output/explanation.ts";
import { Engine } from "../../../engine/engine.ts";
import { trainEnsemble } from "../../../runs/ensemble/train.ts";
import { explainTraining } from "../../../runs/explain.ts";
import { readHistory } from "../../../runs/results/history.ts";
import type { EpochFigures } from "../../../data/observer.ts";
import { makeModel } from "../../../recipes/model.ts";
import { bilinear } from "../../../recipes/bilinear/recipe.ts";
import { settingsOf } from "../../../recipes/registry.ts";
import type { GivenSettings } from "../../../recipes/settings/shared.ts";
import { trainFolds } from "../../../runs/folds/train_folds.ts";
import { configOf } from "../../../runs/configure.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { Trainer } from "../../../recipes/training/trainer.ts";
import type { LabelledRows } from "../../../data/pairs/feature_tables.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";
import { assertResumesToTheSameBits, silent, small, writeInputs } from "../../runs/runs.ts";

const engine = await testEngine();
const able = engine.capabilities.shaderF16;

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `precision: ${name}${able ? "" : " (skipped: no shader-f16)"}`, ignore: !able, fn });
}

const mixed = { ...small, training: { ...small.training, precision: "mixed" } } as const satisfies GivenSettings;
/** Losses whose scaled gradients overflow f16 at first. */
const steep = { ...mixed, weights: { kind: "sqrt-inverse", minimum: 100, maximum: 200 } } as const;

test(
  "stopped between two batches and resumed, a run ends in the bits of an unbroken one, skipped steps and all",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 300);
    const request = { recipe: "bilinear", files, settings: steep, maxRows: null };
    const out = await assertResumesToTheSameBits(folder, request, { engine });
    const history = await readHistory(join(out, "metrics.jsonl"));
    const { scale, goodSteps, skippedSteps } = history.at(-1)!.lossScale!;
    assert.ok(skippedSteps > 0, "some step was skipped");
    assert.equal(scale, 65536 / 2 ** skippedSteps);
    assert.ok(goodSteps > 0 && history.every(({ trainLoss }) => Number.isFinite(trainLoss)));
  }),
);

test(
  "figures and checkpoint tell of the scale in mixed precision, and of none in f32",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const train = async (settings: GivenSettings, name: string) => {
      const one = { ...settings, training: { ...settings.training, epochs: 1 } };
      const out = join(folder, name);
      await trainRun({ recipe: "bilinear", files, settings: one, maxRows: null, out }, { engine, reporter: silent });
      return { line: await Deno.readTextFile(join(out, "metrics.jsonl")), out };
    };
    const { line } = await train(mixed, "mixed");
    assert.match(line, /,"lossScale":\{"scale":\d+,"goodSteps":[1-9]\d*,"skippedSteps":\d\}\}\n$/);
    assert.ok(!(await train(small, "f32")).line.includes("lossScale"));
  }),
);

test(
  "explain counts the copies in f16 that a step makes",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const explain = (settings: GivenSettings) =>
      explainTraining(configOf({ recipe: "bilinear", files, settings, maxRows: null }), silent);
    const explained = await explain(mixed);
    const [rank, [first, second], batch] = [small.model.rank, small.model.hidden, small.training.batchSize];
    const [text, metric] = [6, 5], features = text + 2 * metric;
    const weights = rank * (metric + text) + metric * rank + first * features + second * first + 2 * second;
    const rows = batch * (metric + text + rank + features + first + second);
    assert.equal(explained.memory.halves, 2 * (weights + rows));
    assert.match(formatExplanation(explained), /memory of f16 copies, of one step +0\.0 MiB/);
    const plain = await explain(small);
    assert.equal(plain.memory.halves, 0);
    assert.ok(!formatExplanation(plain).includes("f16"));
  }),
);

const widths = { metric: 5, text: 6, fields: 1, statistics: 1, trainRows: 160, fittedRows: 160 };

/** A training of the recipe `bilinear` on rows whose score follows from text and metric. */
function training(
  precision: "f32" | "mixed",
  seed: number,
  { batchSize = 16, weight = 1, epochs = 24 }: { batchSize?: number; weight?: number; epochs?: number } = {},
) {
  const texts = uniforms(240 * 6, 1), metrics = uniforms(4 * 5, 2);
  const score = (text: number, metric: number) =>
    Math.min(Math.max(5 + 4 * texts[6 * text]! + 3 * texts[6 * text + 1]! * metrics[5 * metric]!, 0), 10);
  const rowsOf = (from: number, count: number): LabelledRows => {
    const text = Uint32Array.from({ length: count }, (_, i) => from + i), metric = text.map((i) => i % 4);
    return {
      text,
      metric,
      score: Float32Array.from(text, (row, i) => score(row, metric[i]!)),
      weight: new Float32Array(count).fill(weight),
    };
  };
  const tables = {
    texts: { data: texts, fields: 1, dimension: 6 },
    metrics: { data: metrics, dimension: 5 },
    statistics: { data: new Float32Array(240), dimension: 1 },
  };
  const data = { tables, train: rowsOf(0, 160), validation: rowsOf(160, 80), mismatched: null, mismatchedShare: 0 };
  const settings = settingsOf(bilinear, {
    model: { hidden: [16, 8], rank: 4, dropout: 0 },
    optimizer: { lr: 0.02 },
    schedule: { name: "cosine" },
    training: { epochs, batchSize, precision, seed },
  });
  const model = makeModel(engine, bilinear, settings, widths);
  const trainer = new Trainer(engine, model, data);
  return {
    model,
    trainer,
    dispose() {
      for (const owned of [trainer, model.network]) owned.dispose();
    },
  };
}

test("training in mixed precision reaches the error of f32", async () => {
  const errors = { f32: [] as number[], mixed: [] as number[] };
  for (const precision of ["f32", "mixed"] as const) {
    for (const seed of [1, 2, 3]) {
      const { trainer, dispose } = training(precision, seed);
      let lowest = Infinity;
      await trainer.start();
      await trainer.run({ epoch: ({ validationRmse }) => void (lowest = Math.min(lowest, validationRmse)) });
      errors[precision].push(lowest);
      dispose();
    }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const noise = Math.max(...errors.f32) - Math.min(...errors.f32), found = JSON.stringify(errors);
  assert.notDeepEqual(errors.mixed, errors.f32);
  assert.ok(Math.abs(mean(errors.mixed) - mean(errors.f32)) < noise, found);
  // The scores deviate by 2.3 from their mean.
  assert.ok([...errors.f32, ...errors.mixed].every((error) => error < 0.6), found);
});

for (
  const [when, batchSize, message] of [
    [
      "once no scale helps, with its parameter's name",
      4,
      /^\S+: the gradient is not finite at step 31, even of the loss x 0\.000030517578125 \(learning rate 0\.\d+\)\.$/,
    ],
    [
      "at the end of a shorter epoch",
      16,
      /^No loss of epoch 1 is finite in mixed precision \(learning rate 0\.\d+\)\.$/,
    ],
  ] as const
) {
  test(`a network that is truly NaN ends the training ${when}`, async () => {
    const { model, trainer, dispose } = training("mixed", 1, { batchSize });
    await trainer.start();
    const parameter = model.network.parameters().find(({ name }) => name === "lin.0.weight")!;
    parameter.assign(new Float32Array(parameter.size).fill(NaN));
    await assert.rejects(trainer.run(), { name: "MetrogradError", message });
    dispose();
  });
}

test("an epoch whose steps are all skipped has a loss, and changes nothing but the scale", async () => {
  const { model, trainer, dispose } = training("mixed", 1, { weight: 1e6, epochs: 1 });
  await trainer.start();
  const before = await engine.read(model.network.parameters());
  const seen: EpochFigures[] = [];
  await trainer.run({ epoch: (figures) => void seen.push(figures) });
  const [{ trainLoss, gradientNorm, lossScale }] = seen as [EpochFigures];
  assert.ok(Number.isFinite(trainLoss) && trainLoss > 1e5);
  assert.equal(gradientNorm, 0);
  assert.deepEqual(lossScale, { scale: 2 ** 6, goodSteps: 0, skippedSteps: 10 });
  assert.deepEqual(await engine.read(model.network.parameters()), before);
  dispose();
});

Deno.test(
  "precision: an adapter without f16 is refused in a sentence, and nothing is written or replaced",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const { open } = Engine;
    Engine.open = async (options) => {
      const engine = await open.call(Engine, options);
      return Object.assign(engine, { capabilities: { ...engine.capabilities, shaderF16: false } });
    };
    try {
      const request = { recipe: "bilinear", files, settings: mixed, maxRows: null };
      const refusal = {
        name: "UsageError",
        message:
          `training.precision is "mixed", which needs an adapter with shader-f16; ${engine.adapterDescription} ` +
          "lacks it, so that f32 is expected here.",
      };
      const before = [...Deno.readDirSync(folder)].length;
      await assert.rejects(trainRun({ ...request, out: join(folder, "a") }, { reporter: silent }), refusal);
      await assert.rejects(
        trainFolds({ ...request, folds: 2, out: join(folder, "b") }, { reporter: silent }),
        refusal,
      );
      await assert.rejects(explainTraining(configOf(request), silent), refusal);
      const members = [{ recipe: "bilinear", settings: small }, { recipe: "bilinear", settings: mixed }];
      const ensemble = { members, settings: {}, files, maxRows: null, out: join(folder, "c") };
      await assert.rejects(trainEnsemble(ensemble, { reporter: silent }), refusal);
      assert.equal([...Deno.readDirSync(folder)].length, before);
    } finally {
      Engine.open = open;
    }
  }),
);
