import assert from "node:assert/strict";
import { backward, linear, mseLoss, relu } from "../../engine/mod.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { GradScaler, type GradScalerOptions, type GradScalerState } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import { SGD } from "../../engine/optim/sgd.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
const able = engine.capabilities.shaderF16;
const suffix = able ? "" : " (skipped: no shader-f16)";

const size = 70;
const parametersOf = () => [1, 2].map((seed) => new Parameter(engine, [size], uniforms(size, seed), `layer.${seed}`));

/** Takes a step on made-up gradients of a loss, times the scale where there is a scaler. Returns the status. */
async function step(
  optimizer: Optimizer,
  number: number,
  { scaler = null, bad = null }: { scaler?: GradScaler | null; bad?: number | null } = {},
): Promise<Float32Array> {
  const scale = scaler ? (await stateOf(scaler)).scale : 1;
  optimizer.zeroGrad();
  optimizer.parameters.forEach((parameter, i) => {
    const gradient = uniforms(size, 100 * number + i).map((value) => scale * value);
    if (bad !== null && i === 1) gradient[size - 1] = bad;
    engine.write(parameter.grad, gradient);
    parameter.hasGrad = true;
  });
  const status = optimizer.clipGradNorm(1, scaler);
  optimizer.step();
  const values = await status.data();
  status.dispose();
  return values;
}

async function stateOf(scaler: GradScaler): Promise<GradScalerState> {
  const state = scaler.state;
  const values = await state.data();
  state.dispose();
  return GradScaler.stateOf(values);
}

/** Parameters and moments. */
async function valuesOf(optimizer: Optimizer): Promise<Float32Array[]> {
  const moments = Object.values(await optimizer.stateDict()).flatMap((state) => [...state.values()]);
  return [...await engine.read(optimizer.parameters), ...moments.map(({ data }) => data)];
}

/** Runs a body with an optimiser and a scaler, and disposes of both. */
async function withScaler(
  options: GradScalerOptions,
  body: (optimizer: Optimizer, scaler: GradScaler) => Promise<void>,
): Promise<void> {
  const optimizer = new Adam(parametersOf(), { lr: 0.1 }), scaler = new GradScaler(engine, options);
  await body(optimizer, scaler);
  for (const owned of [...optimizer.parameters, optimizer, scaler]) owned.dispose();
}

for (const make of [Adam, SGD]) {
  Deno.test(`grad scaler: ${make.name} steps to the bits of gradients that were never scaled, clipped alike`, async () => {
    const plain = new make(parametersOf(), { lr: 0.1 }), scaled = new make(parametersOf(), { lr: 0.1 });
    const scaler = new GradScaler(engine);
    for (let number = 1; number <= 3; number++) {
      const [norm, factor] = await step(plain, number);
      const [unscaled, smaller] = await step(scaled, number, { scaler });
      assert.ok(factor! < 1, "it was clipped");
      assert.deepEqual([unscaled, smaller! * 65536], [norm, factor]);
    }
    assert.deepEqual(await valuesOf(scaled), await valuesOf(plain));
    for (const owned of [...plain.parameters, ...scaled.parameters, plain, scaled, scaler]) owned.dispose();
  });
}

Deno.test("grad scaler: an overflow changes no parameter and no moment, halves the scale and starts the count again", () =>
  withScaler({}, async (optimizer, scaler) => {
    await step(optimizer, 1, { scaler });
    await step(optimizer, 2, { scaler });
    assert.deepEqual(await stateOf(scaler), { scale: 65536, goodSteps: 2, skippedSteps: 0 });
    const before = await valuesOf(optimizer);
    for (const [i, bad] of [Infinity, -Infinity, NaN].entries()) {
      const status = await step(optimizer, 3, { scaler, bad });
      assert.equal(optimizer.badGradient(status), "layer.2");
      assert.deepEqual(await stateOf(scaler), { scale: 65536 / 2 ** (i + 1), goodSteps: 0, skippedSteps: i + 1 });
    }
    assert.deepEqual(await valuesOf(optimizer), before);
    await step(optimizer, 4, { scaler });
    assert.deepEqual(await stateOf(scaler), { scale: 8192, goodSteps: 1, skippedSteps: 3 });
    assert.notDeepEqual(await valuesOf(optimizer), before);
  }));

Deno.test("grad scaler: the scale grows after so many good steps in a row, up to 2^64", () =>
  withScaler({ initScale: 4, growthInterval: 3, growthFactor: 4 }, async (optimizer, scaler) => {
    const scales: number[] = [];
    for (let number = 1; number <= 7; number++) {
      await step(optimizer, number, { scaler, bad: number === 3 ? Infinity : null });
      scales.push((await stateOf(scaler)).scale);
    }
    assert.deepEqual(scales, [4, 4, 2, 2, 2, 8, 8]);
    scaler.load({ scale: 2 ** 63, goodSteps: 2, skippedSteps: 7 });
    optimizer.zeroGrad();
    for (const parameter of optimizer.parameters) {
      engine.write(parameter.grad, new Float32Array(size));
      parameter.hasGrad = true;
    }
    engine.scope(() => void optimizer.clipGradNorm(1, scaler));
    assert.deepEqual(await stateOf(scaler), { scale: 2 ** 64, goodSteps: 0, skippedSteps: 7 });
  }));

Deno.test({
  name: `grad scaler: gradients too small for f16 get through, too large ones lower the scale until they do${suffix}`,
  ignore: !able,
  fn: async () => {
    // The gradient of the loss is -2^-9: in f16 it is lost at 2^-20 of its size, and infinite from 2^25 times on.
    const x = engine.tensor([1, 1], [1]), weight = new Parameter(engine, [1, 1], Float32Array.of(1));
    const before = new Parameter(engine, [1, 1], Float32Array.of(1));
    const target = engine.tensor([1, 1], [1 + 2 ** -10]);
    const optimizer = new SGD([before, weight], { lr: 1 });
    const gradients = async (initScale: number) => {
      using scaler = new GradScaler(engine, { initScale });
      const seen: number[][] = [];
      for (let number = 0; number < 4; number++) {
        await engine.step(() => {
          const y = engine.autocast(() => relu({ x: linear({ x: linear({ x, weight: before }), weight }) }));
          optimizer.zeroGrad();
          const loss = mseLoss({ prediction: y, target });
          backward(loss, scaler.upstream(loss));
          void optimizer.clipGradNorm(Infinity, scaler);
        });
        const { scale } = await stateOf(scaler);
        const [gradient] = await before.grad.data();
        seen.push([gradient!, scale]);
      }
      return seen;
    };
    for (const [gradient] of await gradients(2 ** -20)) assert.equal(gradient, 0, "lost in f16");
    for (const [gradient] of await gradients(2 ** 10)) assert.equal(gradient, -2);
    const scales = (await gradients(2 ** 27)).map(([, scale]) => scale);
    assert.deepEqual(scales, [2 ** 26, 2 ** 25, 2 ** 24, 2 ** 24]);
    for (const owned of [optimizer, x, weight, before, target]) owned.dispose();
  },
});
