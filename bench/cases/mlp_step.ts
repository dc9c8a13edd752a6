import { backward } from "../../engine/autograd.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { Adam } from "../../engine/optim/adam.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Case } from "../case.ts";
import { mlp } from "../peers/work.ts";
import { uniform } from "./numbers.ts";

class Perceptron extends Module {
  readonly layers: readonly Linear[];
  readonly skip: Linear;
  readonly out: Linear;

  constructor(options: ModuleOptions) {
    super();
    const { widths } = mlp;
    this.layers = widths.slice(1).map((width, i) => new Linear(options, widths[i]!, width));
    this.skip = new Linear(options, widths[0]!, widths.at(-1)!, { bias: false });
    this.out = new Linear(options, widths.at(-1)!, 1);
  }

  forward(x: Tensor): Tensor {
    let hidden = x;
    for (const layer of this.layers) hidden = layer.forward(hidden, { relu: true });
    return this.out.forward(add({ a: hidden, b: this.skip.forward(x) }));
  }
}

/** A training step of a multilayer perceptron with a linear skip: forward, mean squared error, backward, Adam. */
export const mlpStep: Case = {
  name: "mlp-step",
  flops: mlp.flops,
  shared: { kind: "mlp-step" },
  prepare(engine) {
    const { batch, widths } = mlp;
    const network = new Perceptron({ engine, random: new Philox(1) });
    const optimizer = new Adam(network.parameters(), { lr: mlp.learningRate });
    const x = engine.tensor([batch, widths[0]!], uniform(batch * widths[0]!, 2));
    const target = engine.tensor([batch], uniform(batch, 3));
    return {
      round: () =>
        engine.step(() => {
          const loss = mseLoss({ prediction: network.forward(x), target });
          optimizer.zeroGrad();
          backward(loss);
          optimizer.step();
        }),
      dispose() {
        for (const owned of [network, optimizer, x, target]) owned.dispose();
      },
    };
  },
};
