// A small training that each platform runs, from the package alone.
import { Adam, Engine, LayerNorm, Linear, Module, mseLoss, Philox, scaledDotProductAttention } from "metrograd/engine";

class Network extends Module {
  constructor(options) {
    super();
    this.hidden = new Linear(options, 2, 32);
    this.norm = new LayerNorm(options, 32);
    this.out = new Linear(options, 32, 1);
  }

  forward(x) {
    const hidden = this.norm.forward(this.hidden.forward(x).relu());
    const heads = hidden.reshape([1, 1, points[0], 32]);
    return this.out.forward(
      scaledDotProductAttention({ q: heads, k: heads, v: heads }).reshape([1, ...points.slice(0, 1), 32]).add(hidden),
    );
  }
}

const points = [64, 2];
const steps = 40;

function givens(engine) {
  const random = new Philox(7);
  const places = Float32Array.from({ length: points[0] * points[1] }, () => 2 * random.uniform() - 1);
  const targets = Float32Array.from({ length: points[0] }, (_, i) => Math.sin(3 * places[2 * i]) * places[2 * i + 1]);
  return { x: engine.tensor(points, places), target: engine.tensor([points[0]], targets) };
}

/** Trains, and returns the loss of each step, what the network then says and its file. */
export async function train() {
  const engine = await Engine.open();
  const network = new Network({ engine, random: new Philox(1) });
  const optimizer = new Adam(network.parameters(), { lr: 0.01 });
  const { x, target } = givens(engine);
  const losses = [];
  for (let i = 0; i < steps; i++) {
    const loss = await engine.step(() => {
      const prediction = network.forward(x.reshape([1, ...points])).reshape([points[0]]);
      const loss = mseLoss({ prediction, target });
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    losses.push(await loss.item());
    loss.dispose();
  }
  const model = await network.toSafetensors();
  const result = { adapter: engine.adapterDescription, losses, predictions: await predictions(engine, network), model };
  await engine[Symbol.asyncDispose]();
  return result;
}

/** What networks say that were saved elsewhere. @param sources of their files: bytes, or whatever `load` takes */
export async function apply(sources) {
  const engine = await Engine.open();
  const found = [];
  for (const source of sources) {
    const network = new Network({ engine, random: new Philox(2) });
    await network.load(source);
    found.push(await predictions(engine, network));
  }
  await engine[Symbol.asyncDispose]();
  return found;
}

async function predictions(engine, network) {
  const { x } = givens(engine);
  return [...await engine.noGrad(() => network.forward(x.reshape([1, ...points]))).data()];
}
