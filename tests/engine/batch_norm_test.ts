import assert from "node:assert/strict";
import { BatchNorm1d, Module } from "../../engine/mod.ts";
import { DataError, MetrogradError } from "../../kernels/errors.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

class Network extends Module {
  readonly bn = [new BatchNorm1d({ engine }, 3)];
}

Deno.test("BatchNorm1d: the state dict holds the running statistics, which are no parameters", async () => {
  const network = new Network();
  const paths = ["bn.0.weight", "bn.0.bias", "bn.0.running_mean", "bn.0.running_var"];
  assert.deepEqual([...(await network.stateDict()).keys()], paths);
  assert.deepEqual([...network.namedParameters().keys()], paths.slice(0, 2));
  network.dispose();
});

Deno.test("BatchNorm1d: training moves the running statistics, evaluation normalises by them", async () => {
  const network = new Network(), [bn] = network.bn;
  const x = engine.tensor([8, 3], uniforms(24, 1));
  for (let step = 0; step < 200; step++) engine.scope(() => void bn!.forward(x));
  const trained = engine.scope(() => bn!.forward(x));
  const state = await network.stateDict();
  network.eval();
  const evaluated = engine.scope(() => bn!.forward(x));
  const after = await network.stateDict();
  assert.deepEqual(after, state);
  // Only the variances differ by then: biased and unbiased.
  const factor = Math.sqrt(7 / 8), [a, b] = await engine.read([trained, evaluated]);
  a!.forEach((value, i) => assert.ok(Math.abs(value * factor - b![i]!) < 1e-4));
  for (const tensor of [trained, evaluated, x]) tensor.dispose();
  network.dispose();
});

Deno.test("BatchNorm1d: a loaded state gives the bits of the saved network, and one without a buffer is refused", async () => {
  const first = new Network(), second = new Network(), x = engine.tensor([5, 3], uniforms(15, 2));
  engine.scope(() => void first.bn[0]!.forward(x));
  const state = await first.stateDict();
  second.loadStateDict(state);
  const outputs = [first, second].map((network) => engine.scope(() => network.eval().bn[0]!.forward(x)));
  const [a, b] = await engine.read(outputs);
  assert.deepEqual(a, b);
  state.delete("bn.0.running_var");
  assert.throws(() => second.loadStateDict(state, "a.safetensors"), (error) => {
    return error instanceof DataError && error.message === 'a.safetensors lacks "bn.0.running_var" [3].';
  });
  for (const owned of [...outputs, x, first, second]) owned.dispose();
});

Deno.test("BatchNorm1d: one row is refused while training", () => {
  const network = new Network(), x = engine.tensor([1, 3], [1, 2, 3]);
  assert.throws(() => engine.scope(() => void network.bn[0]!.forward(x)), MetrogradError);
  network.dispose();
  x.dispose();
});
