import { Adam, crossEntropyLoss, Engine, Linear, Module, Philox } from "metrograd/engine";
import { grid, spirals } from "./data.js";
import { drawBoundary, drawLoss } from "./draw.js";

/** Squares of the picture in a row. */
const side = 80;
const mostSteps = 1000;
/** Steps between two pictures. */
const stride = 10;

const element = (id) => document.getElementById(id);
const tell = (sentence) => element("status").textContent = sentence;

class Network extends Module {
  constructor(options) {
    super();
    this.layers = [new Linear(options, 2, 32), new Linear(options, 32, 32), new Linear(options, 32, 2)];
  }

  forward(x) {
    const [first, second, last] = this.layers;
    return last.forward(second.forward(first.forward(x).mul(3).tanh()).tanh());
  }
}

/** Trains a network anew, and draws it while it learns. @param stopped says when another training begins */
async function train(engine, seed, stopped) {
  const points = spirals(), network = new Network({ engine, random: new Philox(seed) });
  const optimizer = new Adam(network.parameters(), { lr: 0.01 });
  const x = engine.tensor([points.classes.length, 2], points.places);
  const target = engine.indices([points.classes.length], points.classes);
  const squares = engine.tensor([side * side, 2], grid(side));
  const losses = [];
  element("save").onclick = () => save(network);
  while (losses.length < mostSteps && !stopped()) {
    const step = [];
    for (let i = 0; i < stride; i++) {
      step.push(
        await engine.step(() => {
          const loss = crossEntropyLoss({ logits: network.forward(x), target });
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss;
        }),
      );
    }
    const probabilities = engine.scope(() => engine.noGrad(() => network.forward(squares).softmax()));
    const [picture, ...values] = await engine.read([probabilities, ...step]);
    for (const tensor of [probabilities, ...step]) tensor.dispose();
    losses.push(...values.map(([loss]) => loss));
    drawBoundary(element("boundary"), picture.filter((_, i) => i % 2 === 1), points);
    drawLoss(element("loss"), losses, mostSteps);
    tell(
      `Step ${losses.length} of ${mostSteps}, loss ${losses.at(-1).toPrecision(3)}, on ${engine.adapterDescription}.`,
    );
    await new Promise(requestAnimationFrame);
  }
  return () => [x, target, squares, optimizer, network].forEach((one) => one.dispose());
}

/** Hands the network to the user as a file, which Deno, Node and PyTorch read too. */
async function save(network) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([await network.toSafetensors()]));
  link.download = "spirals.safetensors";
  link.click();
  URL.revokeObjectURL(link.href);
}

try {
  const engine = await Engine.open();
  element("again").disabled = element("save").disabled = false;
  let seed = 1, started = 0, dispose = () => {}, running = Promise.resolve();
  const start = () => {
    const mine = ++started;
    running = running.then(async () => {
      dispose();
      dispose = await train(engine, seed++, () => mine !== started);
    }).catch((error) => tell(error.message));
  };
  element("again").onclick = start;
  start();
} catch (error) {
  // Where there is no WebGPU, this says what to do.
  tell(error.message);
}
