import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Module } from "../../engine/nn/module.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { assertNear, upstreamOf, weighted } from "../engine/finite_differences.ts";

const step = 2 ** -6;

/** Fails unless the gradients of all parameters of a module equal central differences. */
export async function checkParameters(engine: Engine, module: Module, forward: () => Tensor): Promise<void> {
  const parameters = module.parameters();
  engine.scope(() => {
    const output = forward();
    backward(output, engine.tensor(output.shape, upstreamOf(output.size)));
  });
  const gradients = await engine.read(parameters.map(({ grad }) => grad));
  for (const [p, parameter] of parameters.entries()) {
    const values = await parameter.data();
    const outputs = Array.from(values).flatMap((value, i) =>
      [value + step, value - step].map((moved) => {
        parameter.assign(values.with(i, moved));
        return engine.scope(forward);
      })
    );
    parameter.assign(values);
    const results = (await engine.read(outputs)).map(weighted);
    const expected = values.map((_, i) => (results[2 * i]! - results[2 * i + 1]!) / (2 * step));
    assertNear(gradients[p]!, expected, parameter.name);
    for (const output of outputs) output.dispose();
  }
}
