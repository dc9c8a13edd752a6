/** A transformer whose training stops half way and goes on to the same bits: weights, moments, learning rate, dropout. */
import {
  AdamW,
  batches,
  crossEntropyLoss,
  Embedding,
  Engine,
  type FileTensor,
  Linear,
  Module,
  Philox,
  SafetensorsReader,
  type Tensor,
  TransformerEncoderLayer,
  WarmupLinearLR,
  writeSafetensors,
} from "metrograd/engine";

const tokens = 8, words = 6, texts = 96, size = 24;

class Classifier extends Module {
  readonly embedding: Embedding;
  readonly positions: Embedding;
  readonly layers: TransformerEncoderLayer[];
  readonly head: Linear;

  constructor(options: { engine: Engine; random: Philox }) {
    super();
    this.embedding = new Embedding(options, words, 16);
    this.positions = new Embedding(options, tokens, 16);
    this.layers = [1, 2].map(() => new TransformerEncoderLayer(options, 16, 2, { dimFeedforward: 32, dropout: 0.1 }));
    this.head = new Linear(options, 16, 2);
  }

  forward(ids: Tensor): Tensor {
    const x = this.embedding.forward(ids).add(this.positions.weight);
    return this.head.forward(this.layers.reduce((x, layer) => layer.forward(x), x).mean({ axis: 1 }));
  }
}

interface Training {
  readonly engine: Engine;
  readonly network: Module;
  readonly optimizer: AdamW;
  readonly schedule: WarmupLinearLR;
}

async function save(path: string, { engine, network, optimizer, schedule }: Training, step: number): Promise<void> {
  const tensors = Object.entries({ weights: network.streamState(), ...optimizer.streamState() })
    .flatMap(([group, tensors]) => [...tensors].map(([name, tensor]) => [`${group}/${name}`, tensor] as const));
  const state = { step, optimizerSteps: optimizer.steps, schedule: schedule.state, randomStep: engine.random.step };
  await writeSafetensors(path, new Map(tensors), { state: JSON.stringify(state) });
}

async function resume(path: string, { engine, network, optimizer, schedule }: Training): Promise<number> {
  using file = await SafetensorsReader.open(path, "a checkpoint");
  const groups: Record<string, Map<string, FileTensor>> = {};
  for (const [path, tensor] of file.tensors) {
    const [group, name] = path.split("/") as [string, string];
    (groups[group] ??= new Map()).set(name, tensor);
  }
  const { weights, ...moments } = groups, state = JSON.parse(file.metadata.state!);
  await network.loadFrom(weights!, path);
  await optimizer.loadFrom(moments, state.optimizerSteps);
  schedule.state = state.schedule;
  engine.random.step = state.randomStep;
  return state.step;
}

/** Trains up to a step, on from a checkpoint where one is named, and gives the last loss. */
async function train(until: number, { from, to }: { from?: string; to?: string } = {}): Promise<number> {
  await using engine = await Engine.open();
  using network = new Classifier({ engine, random: new Philox(1) });
  using optimizer = new AdamW(network.parameters(), { lr: 3e-3 });
  const schedule = new WarmupLinearLR(optimizer, { warmup: 3, total: 24 });
  const training = { engine, network, optimizer, schedule };
  const random = new Philox(7),
    ids = Array.from({ length: texts * tokens }, () => Math.floor(words * random.uniform()));
  const label = Array.from(
    { length: texts },
    (_, row) => ids.slice(row * tokens, (row + 1) * tokens).includes(0) ? 1 : 0,
  );
  const rows = { ids: engine.indices([texts, tokens], ids), label: engine.indices([texts], label) };

  const start = from ? await resume(from, training) : 0;
  let step = 0, last = NaN;
  for (let epoch = 0; step < until; epoch++) {
    for (const { ids, label } of batches(rows, { size, shuffle: true, seed: epoch })) {
      // What the checkpoint has seen is passed over.
      if (step++ < start) continue;
      if (step > until) break;
      using loss = await engine.step(() => {
        const loss = crossEntropyLoss({ logits: network.forward(ids), target: label });
        optimizer.zeroGrad();
        loss.backward();
        optimizer.clipGradNorm(1);
        optimizer.step();
        return loss;
      });
      schedule.step();
      last = await loss.item();
    }
  }
  if (to) await save(to, training, until);
  return last;
}

console.log("first loss:", await train(1));
console.log("unbroken:", await train(16));
await train(6, { to: "half.safetensors" });
console.log("resumed:", await train(16, { from: "half.safetensors" }));
