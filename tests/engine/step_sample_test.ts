import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import { Engine } from "../../engine/engine.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { Philox } from "../../kernels/philox.ts";
import { familyCosts, StepSample } from "../../engine/profile/step_sample.ts";

Deno.test("step sample: kernels are summed by family, costs are those of one step, the costliest first", () => {
  const timed = [
    { label: "relu", duration: 4e6 },
    { label: "layer_norm.backward", duration: 1e6 },
    { label: "layer_norm.backward.parameters", duration: 5e6 },
    { label: "relu", duration: 1e6 },
  ];
  assert.deepEqual(familyCosts(timed, 2), [
    { family: "layer_norm", milliseconds: 3, dispatches: 1 },
    { family: "relu", milliseconds: 2.5, dispatches: 1 },
  ]);
});

Deno.test("step sample: steps that are looked at compute the same bits, and their memory is told by purpose", async () => {
  /** Four steps, of which two are looked at, or none. */
  async function train(watched: boolean) {
    await using engine = await Engine.open();
    const network = new Linear({ engine, random: new Philox(1) }, 8, 4), optimizer = new Adam(network.parameters());
    const x = engine.full([16, 8], 0.5), target = engine.full([16, 4], 1);
    using sample = new StepSample(engine, optimizer.momentNames);
    for (let step = 1; step <= 4; step++) {
      await engine.step(() => {
        optimizer.zeroGrad();
        backward(mseLoss({ prediction: network.forward(x), target }));
        optimizer.step();
      });
      if (watched && step === 1) sample.begin(step);
      if (watched && step === 3) await sample.end(step);
    }
    assert.equal(engine.stream.timer, null);
    const [weight] = await engine.read([network.weight]);
    return { weight, costs: sample.costs, hasTimestamps: engine.opened.device.features.has("timestamp-query") };
  }
  const plain = await train(false), { weight, costs, hasTimestamps } = await train(true);
  assert.deepEqual(weight, plain.weight);
  assert.equal(plain.costs, null);
  assert.equal(costs!.steps, 2);
  const families = new Map(costs!.kernels.map(({ family, dispatches }) => [family, dispatches]));
  if (hasTimestamps) assert.equal(families.get("adam"), 1, [...families.keys()].join());
  const bytes = new Map(costs!.memory.map(({ purpose, bytes }) => [purpose, bytes]));
  // Rounded up: weights and bias, their gradients, two moments.
  assert.equal(bytes.get("gradients"), bytes.get("parameters"));
  assert.equal(bytes.get("state of the optimiser"), 2 * bytes.get("parameters")!);
  assert.ok(bytes.get("activations of a step")! >= 16 * 4 * 4);
});
