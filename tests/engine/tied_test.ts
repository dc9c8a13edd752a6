import assert from "node:assert/strict";
import { Adam, backward, Linear, mean, Module, type ModuleOptions, SGD, square } from "../../engine/mod.ts";
import { Philox } from "../../kernels/philox.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

/** One layer at two places. */
class Tied extends Module {
  readonly first: Linear;
  readonly second: Linear;

  constructor(options: ModuleOptions) {
    super();
    this.first = this.second = new Linear(options, 2, 2);
    this.first.weight.assign(Float32Array.of(0.5, -1, 2, 0.25));
    this.first.bias!.assign(Float32Array.of(0.5, -0.5));
  }

  loss() {
    const x = engine.tensor([1, 2], [1, 2]);
    return mean({ x: square({ x: this.second.forward(this.first.forward(x)) }) });
  }
}

Deno.test("tied weights: each counts once, under its first name; the state dict has it under both, as in PyTorch", async () => {
  const tied = new Tied({ engine, random: new Philox(1) });
  assert.deepEqual([...tied.namedParameters().keys()], ["first.weight", "first.bias"]);
  assert.deepEqual([...tied.namedModules().keys()], ["", "first"]);
  assert.deepEqual(tied.parameters(), [tied.first.weight, tied.first.bias]);
  const state = await tied.stateDict();
  assert.deepEqual([...state.keys()], ["first.weight", "first.bias", "second.weight", "second.bias"]);
  tied.loadStateDict(state);
  assert.deepEqual(await tied.stateDict(), state);
  tied.dispose();
});

Deno.test("tied weights: gradients from both places add up, and an optimiser steps once", async () => {
  const tied = new Tied({ engine, random: new Philox(1) }), { weight } = tied.first, bias = tied.first.bias!;
  const optimizers = [
    () => new SGD(tied.parameters(), { lr: 0.1 }),
    // The same parameters named several times over.
    () => new SGD([...tied.parameters(), weight, bias, weight], { lr: 0.1 }),
  ];
  const before = await engine.read([weight, bias]);
  for (const make of optimizers) {
    [weight, bias].forEach((parameter, i) => parameter.assign(before[i]!));
    const optimizer = make();
    assert.deepEqual(optimizer.parameters, [weight, bias]);
    engine.scope(() => {
      optimizer.zeroGrad();
      backward(tied.loss());
    });
    // PyTorch's gradients of the mean of squares.
    assert.deepEqual((await engine.read([weight.grad, bias.grad])).map((one) => [...one]), [[-3, -14, 3.5, -1], [
      -7,
      -0.5,
    ]]);
    optimizer.step();
    const [stepped] = await engine.read([weight]);
    assert.deepEqual([...stepped!].map((value) => Math.round(value * 1e5) / 1e5), [0.8, 0.4, 1.65, 0.35]);
    optimizer.dispose();
  }
  tied.dispose();
});

Deno.test("tied weights: Adam goes on from its state, which holds each parameter once", async () => {
  const tied = new Tied({ engine, random: new Philox(1) });
  const optimizer = new Adam([...tied.parameters(), ...tied.parameters()], { lr: 0.1 });
  engine.scope(() => {
    optimizer.zeroGrad();
    backward(tied.loss());
    optimizer.step();
  });
  const state = await optimizer.stateDict();
  assert.deepEqual([...state.exp_avg!.keys()], ["first.weight", "first.bias"]);
  optimizer.loadStateDict(state, 1);
  assert.deepEqual(await optimizer.stateDict(), state);
  optimizer.dispose();
  tied.dispose();
});
