import { Adam, backward, Engine, Linear, Module, mseLoss, Philox, type Tensor } from "../all.ts";

await using engine = await Engine.open();
const random = new Philox(1);

class Network extends Module {
  readonly hidden = new Linear({ engine, random }, 2, 16);
  readonly out = new Linear({ engine, random }, 16, 1);
  forward = (x: Tensor) => this.out.forward(this.hidden.forward(x, { relu: true }));
}

const network = new Network();
const optimizer = new Adam(network.parameters(), { lr: 0.02 });
const x = engine.tensor([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
const target = engine.tensor([4], [0, 1, 1, 0]);
for (let step = 1; step <= 200; step++) {
  const loss = await engine.step(() => {
    const loss = mseLoss({ prediction: network.forward(x), target });
    optimizer.zeroGrad();
    backward(loss);
    optimizer.step();
    return loss;
  });
  if (step % 50 === 0) console.log(step, await loss.item());
  loss.dispose();
}
