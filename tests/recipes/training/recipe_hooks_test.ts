import assert from "node:assert/strict";
import { join } from "node:path";
import { Buffer } from "../../../engine/tensors/buffer.ts";
import { Linear } from "../../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../../engine/nn/module.ts";
import { add } from "../../../engine/ops/arithmetic.ts";
import { mseLoss } from "../../../engine/ops/losses.ts";
import { reshape } from "../../../engine/ops/reshape.ts";
import type { Tensor } from "../../../engine/tensors/tensor.ts";
import { readCheckpoint, writeCheckpoint } from "../../../recipes/training/checkpoint.ts";
import type { EpochFigures } from "../../../data/observer.ts";
import { makeModel } from "../../../recipes/model.ts";
import type { Recipe } from "../../../recipes/recipe.ts";
import { recipeTable, type Settings } from "../../../recipes/settings/shared.ts";
import { resolve } from "../../../recipes/settings/table.ts";
import { Trainer } from "../../../recipes/training/trainer.ts";
import type { LabelledRows } from "../../../data/pairs/feature_tables.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";

const engine = await testEngine();
const width = 3;

/** A linear layer, and an offset that is fitted instead of learnt. */
class Network extends Module {
  readonly lin: Linear;
  readonly offset: Buffer;

  constructor(options: ModuleOptions) {
    super();
    this.lin = new Linear(options, 2 * width, 1, { bias: false });
    this.offset = new Buffer(options.engine, [1], new Float32Array(1));
  }

  forward(x: Tensor): Tensor {
    return reshape({ x: add({ a: this.lin.forward(x), b: this.offset }) }, { shape: [x.shape[0]!] });
  }
}

const table = recipeTable({ model: {}, loss: {}, defaults: { training: { batchSize: 4, epochs: 3 } } });

/** A recipe that uses every hook, and notes when. */
function hooked() {
  const calls: string[] = [];
  const recipe: Recipe<Settings, Network> = {
    name: "hooked",
    summary: "",
    table,
    build: (_, __, options) => new Network(options),
    loss: (network, { text, score }) => mseLoss({ prediction: network.forward(text), target: score }),
    predict: (network, { text }) => ({ score: network.forward(text) }),
    async start(network, { rows, compute }) {
      calls.push("start");
      const texts = await compute(({ text }) => text);
      assert.deepEqual([texts.length, network.training], [rows.score.length * 2 * width, true]);
    },
    /** The offset at which the mean prediction is the mean score. */
    async refit(network, { rows, compute }) {
      calls.push("refit");
      engine.write(network.offset, new Float32Array(1));
      const plain = await compute(({ text }) => network.forward(text));
      const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
      engine.write(network.offset, Float32Array.of(mean(rows.score) - mean(plain)));
    },
    /** The first rows only, in an order of its own. */
    batches: (_, random) => [random.permutation(6).slice(0, 4), random.permutation(6).slice(0, 5)],
  };
  return { recipe, calls };
}

/** The same, fitted in closed form: it says what it does, and how far it has come. */
function closedForm() {
  const { recipe, calls } = hooked();
  const fitted: Recipe<Settings, Network> = {
    ...recipe,
    fitted: () => true,
    async start(_, { phase }) {
      for (let part = 1; part <= 3; part++) await phase("searching", part, 3);
    },
    async refit(network, { phase }) {
      await phase("solving");
      engine.write(network.offset, Float32Array.of(5));
    },
  };
  return { recipe: fitted, calls };
}

function training(recipe: Recipe<Settings, Network>) {
  const rows = (count: number): LabelledRows => ({
    text: Uint32Array.from({ length: count }, (_, i) => i),
    metric: new Uint32Array(count),
    score: Float32Array.from({ length: count }, (_, i) => 4 + i % 3),
    weight: new Float32Array(count).fill(1),
  });
  const tables = {
    texts: { data: uniforms(20 * 2 * width, 1), fields: 2, dimension: width },
    metrics: { data: uniforms(width, 2), dimension: width },
    statistics: { data: new Float32Array(20), dimension: 1 },
  };
  const data = { tables, train: rows(20), validation: rows(7), mismatched: null, mismatchedShare: 0 };
  const settings = resolve(table, {});
  const model = makeModel(engine, recipe, settings, {
    metric: width,
    text: width,
    fields: 2,
    statistics: 1,
    trainRows: 20,
    fittedRows: 20,
  });
  const trainer = new Trainer(engine, model, data);
  return {
    trainer,
    model,
    dispose() {
      for (const owned of [trainer, model.network]) owned.dispose();
    },
  };
}

Deno.test("recipe: it starts once, picks its own rows, and is refitted after each epoch, before it is measured", async () => {
  const { recipe, calls } = hooked();
  const { trainer, model, dispose } = training(recipe);
  await trainer.start();
  const history: EpochFigures[] = [], batches: number[] = [];
  await trainer.run({
    step: ({ batches: count }) => batches.push(count),
    epoch: (figures) => void history.push(figures),
  });
  assert.deepEqual(calls, ["start", "refit", "refit", "refit"]);
  assert.deepEqual(batches, [2, 2, 2]);
  const [offset] = (await model.network.stateDict()).get("offset")!.data;
  assert.ok(Math.abs(offset!) > 1, "the offset was fitted");
  assert.ok(history.every(({ validationRmse }) => validationRmse < 1.5), "it is measured with the offset");
  dispose();
});

Deno.test(
  "recipe: what was fitted is in the checkpoint, from which training goes on to the same bits",
  withFolder(async (folder) => {
    const whole = training(hooked().recipe), broken = training(hooked().recipe), resumed = training(hooked().recipe);
    await whole.trainer.start();
    await whole.trainer.run();
    await broken.trainer.start();
    const stop = new AbortController();
    const epoch = ({ epoch }: EpochFigures) => epoch === 2 ? stop.abort() : undefined;
    assert.equal(await broken.trainer.run({ epoch }, stop.signal), false);
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, broken.trainer.checkpoint("f"));
    await readCheckpoint(path, (checkpoint) => resumed.trainer.restore(checkpoint, path));
    await resumed.trainer.run();
    assert.deepEqual(await resumed.model.network.stateDict(), await whole.model.network.stateDict());
    for (const each of [whole, broken, resumed]) each.dispose();
  }),
);

Deno.test("recipe: one in closed form says what it does, and takes no steps", async () => {
  const { trainer, dispose } = training(closedForm().recipe);
  const told: unknown[] = [];
  const watch = { phase: (...phase: unknown[]) => void told.push(phase.filter((part) => part !== undefined)) };
  await trainer.start(watch);
  await trainer.run({ ...watch, step: () => assert.fail("it has no steps"), epoch: () => void told.push("fitted") });
  assert.deepEqual(told, [["searching", 1, 3], ["searching", 2, 3], ["searching", 3, 3], ["solving"], "fitted"]);
  dispose();
});

Deno.test("recipe: a fit is stopped at its next phase, whatever it was at, and is done again when it goes on", async () => {
  const { trainer, dispose } = training(closedForm().recipe);
  const stop = new AbortController();
  const phase = (_: string, done?: number) => done === 2 ? stop.abort() : assert.notEqual(done, 3);
  await assert.rejects(trainer.start({ phase }, stop.signal), (error) => error === stop.signal.reason);
  await trainer.start();
  const again = new AbortController();
  const epoch = () => assert.fail("nothing was fitted");
  assert.equal(await trainer.run({ phase: () => again.abort(), epoch }, again.signal), false);
  assert.equal(trainer.position.epoch, 0);
  assert.equal(await trainer.run(), true);
  assert.equal(trainer.position.epoch, 1);
  dispose();
});

Deno.test("recipe: a long fit lets the event loop run", async () => {
  const { recipe } = closedForm();
  let turns = 0;
  const { trainer, dispose } = training({
    ...recipe,
    async start(_, { phase }) {
      const until = performance.now() + 400;
      while (performance.now() < until) await phase("searching");
    },
  });
  const timer = setInterval(() => turns++, 1);
  await trainer.start();
  clearInterval(timer);
  assert.ok(turns >= 3, `the timer ran ${turns} times`);
  dispose();
});
