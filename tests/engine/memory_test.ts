import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import { Engine } from "../../engine/engine.ts";
import {
  add,
  argmax,
  concat,
  crossEntropyLoss,
  dropout,
  heteroscedasticLoss,
  layerNorm,
  linear,
  max,
  mean,
  mseLoss,
  multiply,
} from "../../engine/mod.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { ScalarLog } from "../../engine/scalar_log.ts";
import { DeviceError, MetrogradError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { BilinearNetwork } from "../../recipes/bilinear/network.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

/** Fails when a body leaves memory behind. */
async function leavesNothing(body: () => Promise<void>): Promise<void> {
  const before = engine.pool.liveLabels();
  await body();
  assert.deepEqual(engine.pool.liveLabels().toSorted(), before.toSorted());
}

/** A tiny bilinear network with its optimiser and one batch. */
function tinyTraining() {
  const options = { engine, random: new Philox(1) };
  const network = new BilinearNetwork(options, { metric: 3, text: 4, rank: 2, hidden: [6], dropout: 0.2, outputs: 2 });
  const optimizer = new Adam(network.parameters());
  const metric = engine.tensor([5, 3], uniforms(15, 1)), text = engine.tensor([5, 4], uniforms(20, 2));
  const target = engine.tensor([5], uniforms(5, 3));
  return {
    step: (log?: ScalarLog) =>
      engine.step(() => {
        const loss = heteroscedasticLoss({ prediction: network.forward(metric, text), target });
        optimizer.zeroGrad();
        backward(loss);
        log?.push(loss, optimizer.clipGradNorm(1));
        optimizer.step();
      }),
    dispose() {
      for (const owned of [network, optimizer, metric, text, target]) owned.dispose();
    },
  };
}

Deno.test("memory: nothing is left of a training once its parts are disposed of", () =>
  leavesNothing(async () => {
    const training = tinyTraining();
    for (let step = 0; step < 3; step++) await training.step();
    await engine.finish();
    training.dispose();
  }));

Deno.test("memory: the parts may be disposed of in any order", () =>
  leavesNothing(async () => {
    const weight = new Parameter(engine, [2, 3], uniforms(6, 1));
    const optimizer = new Adam([weight]);
    const kept = weight.detach();
    optimizer.dispose();
    weight.dispose();
    assert.equal((await kept.data()).length, 6);
    kept.dispose();
  }));

Deno.test("memory: 500 steps take no more than the first few", async () => {
  const training = tinyTraining();
  const log = new ScalarLog(engine);
  for (let step = 0; step < 40; step++) await training.step(log);
  await log.read();
  const before = engine.memory();
  for (let step = 0; step < 460; step++) {
    await training.step(log);
    if (log.length === 40) await log.read();
  }
  await log.read();
  await engine.finish();
  assert.deepEqual(engine.memory(), before);
  training.dispose();
});

Deno.test("memory: a backward pass frees its own gradients at once, before its scope ends", () =>
  leavesNothing(() => {
    const weight = new Parameter(engine, [3, 3], uniforms(9, 1));
    engine.scope(() => {
      const hidden = linear({ x: engine.tensor([2, 3], uniforms(6, 2)), weight });
      const normal = layerNorm({ x: hidden });
      const loss = mean({ x: concat([add({ a: normal, b: hidden }), dropout({ x: normal }, { p: 0.5 })]) });
      const before = engine.pool.liveLabels();
      backward(loss);
      assert.deepEqual(engine.pool.liveLabels().toSorted(), [...before, "gradient of parameter"].toSorted());
    });
    weight.dispose();
    return Promise.resolve();
  }));

Deno.test("memory: outside of any scope an op leaves nothing but its result, and with it goes what was saved", () =>
  leavesNothing(async () => {
    const weight = new Parameter(engine, [3, 4], uniforms(12, 1)), constant = engine.tensor([3, 4], uniforms(12, 2));
    const target = engine.indices([3], [0, 3, 1]);
    for (const x of [weight, constant]) {
      const results = () => [
        layerNorm({ x }),
        mseLoss({ prediction: x, target: constant }),
        crossEntropyLoss({ logits: x, target }),
        max({ x }, { axis: 1 }),
        argmax({ x }, { axis: 1 }),
      ];
      const before = engine.memory().liveSlices, made = engine.noGrad(results);
      assert.equal(engine.memory().liveSlices, before + made.length);
      for (const result of [...made, ...results()]) {
        if (result.size === 1 && result.requiresGrad) backward(result);
        result.dispose();
      }
    }
    await engine.finish();
    for (const owned of [weight, constant, target]) owned.dispose();
  }));

Deno.test("memory: a scope keeps what it returns, alone, in arrays and in records, and frees the rest", () =>
  leavesNothing(async () => {
    const freed = engine.full([1], 0);
    const { one, rest: [two, three] } = engine.scope(() => {
      engine.adopt(freed);
      const [one, two, three] = [1, 2, 3].map((value) => engine.full([1], value));
      return { one: one!, rest: [two!, three!] as const };
    });
    assert.ok(freed.disposed);
    assert.deepEqual(await Promise.all([one, two, three].map((tensor) => tensor.item())), [1, 2, 3]);
    for (const tensor of [one, two, three]) tensor.dispose();
  }));

Deno.test("memory: what an inner scope returns, the outer one frees", () => {
  const inner = engine.scope(() => void engine.scope(() => engine.full([1], 1)));
  assert.equal(inner, undefined);
  const before = engine.memory().liveSlices;
  engine.scope(() => {
    const kept = engine.scope(() => engine.full([1], 1));
    assert.ok(!kept.disposed);
  });
  assert.equal(engine.memory().liveSlices, before);
});

Deno.test("memory: a scope that fails frees what it made", () =>
  leavesNothing(() => {
    assert.throws(() =>
      engine.scope(() => {
        const x = engine.full([2, 2], 1);
        linear({ x, weight: engine.full([3, 5], 1) });
      }), { name: "ShapeError" });
    return Promise.resolve();
  }));

Deno.test("memory: a detached tensor outlives what it was cut from", async () => {
  const x = engine.tensor([2], [1, 2]);
  const view = x.detach([2, 1]);
  x.dispose();
  assert.deepEqual([...await view.data()], [1, 2]);
  view.dispose();
});

Deno.test("memory: using a freed tensor says so, by name and shape", () => {
  const x = engine.scope(() => {
    const x = engine.tensor([2, 3], uniforms(6, 1), "features");
    engine.scope(() => void engine.adopt(x));
    return x;
  });
  const error = new MetrogradError(
    "features [2, 3] was used after it was freed; return it from its scope to keep it.",
  );
  assert.throws(() => multiply({ a: x, b: x }), error);
  assert.throws(() => x.slice, error);
});

Deno.test("memory: disposing twice is harmless", () =>
  leavesNothing(() => {
    const x = engine.full([3], 1);
    x.dispose();
    x.dispose();
    return Promise.resolve();
  }));

Deno.test("memory: what outlives its engine may still be disposed of, whether the GPU was lost or not", async () => {
  for (const lost of [false, true]) {
    const closed = await Engine.open();
    const network = new Linear({ engine: closed, random: new Philox(1) }, 3, 2);
    const optimizer = new Adam(network.parameters()), x = closed.full([4, 3], 1);
    const train = closed.capture(({ x }: { x: Tensor }) => {
      const loss = network.forward(x).sum();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const losses = [await train.run({ x }), await train.run({ x }), await train.run({ x })];
    await closed.finish();
    if (lost) closed.opened.device.destroy();
    await closed[Symbol.asyncDispose]();
    for (const owned of [...losses, x, train, optimizer, network]) owned.dispose();
  }
});

Deno.test("scalar log: reads what each step pushed, in order, once, though the steps freed it", () =>
  leavesNothing(async () => {
    const log = new ScalarLog(engine);
    for (let step = 0; step < 20; step++) {
      await engine.step(() => log.push(engine.full([], step), engine.tensor([2], [step * 10, -step])));
    }
    assert.equal(log.length, 20);
    const rows = await log.read();
    assert.deepEqual(
      rows.map((row) => row.map((values) => [...values])),
      Array.from({ length: 20 }, (_, step) => [[step], [step * 10, -step]]),
    );
    assert.deepEqual(await log.read(), []);
  }));

Deno.test("engine: what the GPU refuses becomes an exception where results are waited for", async () => {
  const other = await Engine.open();
  const { device } = other.opened;
  const buffer = device.createBuffer({ label: "too small", size: 4, usage: GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.clearBuffer(buffer, 0, 64);
  device.queue.submit([encoder.finish()]);
  await assert.rejects(() => other.finish(), DeviceError);
  const x = other.full([1], 2);
  assert.equal(await x.item(), 2);
  x.dispose();
  buffer.destroy();
  await other[Symbol.asyncDispose]();
});

Deno.test("engine: a host write does not overtake work that still needs the old elements", async () => {
  const x = engine.tensor([2], [1, 2]);
  const doubled = add({ a: x, b: x });
  engine.write(x, new Float32Array([10, 20]));
  const after = mseLoss({ prediction: x, target: x }, { reduction: "none" });
  const sums = add({ a: x, b: after });
  assert.deepEqual((await engine.read([doubled, sums])).map((values) => [...values]), [[2, 4], [10, 20]]);
  for (const tensor of [x, doubled, after, sums]) tensor.dispose();
});
