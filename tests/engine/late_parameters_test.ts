import assert from "node:assert/strict";
import { Adagrad } from "../../engine/optim/adagrad.ts";
import { Adam, AdamW } from "../../engine/optim/adam.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import { RMSprop } from "../../engine/optim/rmsprop.ts";
import { SGD } from "../../engine/optim/sgd.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { withFolder } from "../temporary.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

/** A parameter with gradients 1, 0.5 and -2 in the steps 3, 6 and 7, beside one that has a gradient in every step. */
const gradients = new Map([[3, 1], [6, 0.5], [7, -2]]);

/** Its values after these steps in PyTorch, from 1. */
const cases: Readonly<Record<string, [(parameters: readonly Parameter[]) => Optimizer, readonly number[]]>> = {
  Adam: [(parameters) => new Adam(parameters, { lr: 0.1 }), [0.9, 0.806782066822052, 0.82741779088974]],
  AdamW: [(parameters) => new AdamW(parameters, { lr: 0.1, weightDecay: 0.1 }), [
    0.89,
    0.7878820896148682,
    0.8006389737129211,
  ]],
  AMSGrad: [
    (parameters) => new Adam(parameters, { lr: 0.1, betas: [0.9, 0.5], amsgrad: true }),
    [0.9, 0.8097556233406067, 0.8270256519317627],
  ],
  SGD: [
    (parameters) => new SGD(parameters, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
    [0.9, 0.7849999666213989, 0.781499981880188],
  ],
  Adagrad: [
    (parameters) => new Adagrad(parameters, { lr: 0.1, lrDecay: 0.1 }),
    [0.9, 0.8593441843986511, 0.9320834875106812],
  ],
  RMSprop: [
    (parameters) => new RMSprop(parameters, { lr: 0.1, momentum: 0.9, centered: true }),
    [-0.0050377994775772095, -1.3626593351364136, -1.7095484733581543],
  ],
};

/** Takes the steps of those numbers. Returns the values of the late parameter after the steps in which it had a gradient. */
async function run(optimizer: Optimizer, first: number, last: number): Promise<number[]> {
  const [always, late] = optimizer.parameters as [Parameter, Parameter];
  const values: number[] = [];
  for (let number = first; number <= last; number++) {
    optimizer.zeroGrad();
    setGradient(always, 1);
    const gradient = gradients.get(number);
    if (gradient !== undefined) setGradient(late, gradient);
    optimizer.step();
    if (gradient !== undefined) values.push(await late.item());
  }
  return values;
}

function setGradient(parameter: Parameter, value: number): void {
  engine.write(parameter.grad, Float32Array.of(value));
  parameter.hasGrad = true;
}

function two(): Parameter[] {
  return ["always", "late"].map((name) => new Parameter(engine, [1], Float32Array.of(1), name));
}

function disposeAll(optimizer: Optimizer): void {
  for (const parameter of optimizer.parameters) parameter.dispose();
  optimizer.dispose();
}

for (const [name, [make, expected]] of Object.entries(cases)) {
  Deno.test(`${name}: a parameter counts the steps in which it had a gradient, as in PyTorch`, async () => {
    const optimizer = make(two());
    (await run(optimizer, 1, 7)).forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 2e-5, `${expected[i]} expected, ${value} found`);
    });
    disposeAll(optimizer);
  });

  Deno.test(`${name}: the state of a parameter that came late goes on in the bits of an unbroken run`, async () => {
    const whole = make(two());
    const values = await run(whole, 1, 7);
    for (const cut of [2, 4, 6]) {
      const first = make(two());
      await run(first, 1, cut);
      const weights = await engine.read(first.parameters);
      const rest = values.slice([...gradients.keys()].filter((step) => step <= cut).length);

      const inMemory = make(two());
      inMemory.parameters.forEach((parameter, i) => parameter.assign(weights[i]!));
      inMemory.loadStateDict(await first.stateDict(), first.steps);
      assert.deepEqual(await run(inMemory, cut + 1, 7), rest);

      const streamed = make(two());
      streamed.parameters.forEach((parameter, i) => parameter.assign(weights[i]!));
      await throughFile(first, streamed);
      assert.deepEqual(await run(streamed, cut + 1, 7), rest);
      for (const optimizer of [first, inMemory, streamed]) disposeAll(optimizer);
    }
    disposeAll(whole);
  });
}

Deno.test("optimizer: a state without steps of its own, as older checkpoints have it, takes those of the run", async () => {
  const optimizer = new Adam(two(), { lr: 0.1 });
  await run(optimizer, 1, 3);
  const { step, ...older } = await optimizer.stateDict();
  assert.deepEqual([...step!], [["late", { shape: [], data: Float32Array.of(1) }]]);
  optimizer.loadStateDict(older, 3);
  assert.equal((await optimizer.stateDict()).step, undefined);
  disposeAll(optimizer);
});

/** Writes one optimiser's state to files and reads it into another. */
async function throughFile(from: Optimizer, to: Optimizer): Promise<void> {
  const within = withFolder(async (folder) => {
    const files: Record<string, SafetensorsReader> = {};
    for (const [name, tensors] of Object.entries(from.streamState())) {
      await writeSafetensors(`${folder}/${name}`, tensors);
      files[name] = await SafetensorsReader.open(`${folder}/${name}`);
    }
    const state = Object.fromEntries(Object.entries(files).map(([name, { tensors }]) => [name, tensors]));
    await to.loadFrom(state, from.steps);
    for (const file of Object.values(files)) file[Symbol.dispose]();
  });
  await within();
}
