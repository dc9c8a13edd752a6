import assert from "node:assert/strict";
import { type CapturedStep, Engine } from "../../engine/mod.ts";
import {
  Adagrad,
  Adam,
  AdamW,
  backward,
  BatchNorm1d,
  Bilinear,
  dropout,
  embedding,
  GradScaler,
  type IndexTensor,
  Linear,
  minedTripletLoss,
  Module,
  mseLoss,
  type Optimizer,
  Parameter,
  RMSprop,
  SGD,
  type Tensor,
  TransformerEncoderLayer,
} from "../../engine/mod.ts";
import { Philox } from "../../kernels/philox.ts";
import { uniforms } from "./harness.ts";

const engine = await Engine.open();
addEventListener("unload", () => engine.opened.device.destroy());

interface Scorer extends Module {
  forward(x: Tensor): { y: Tensor; score: Tensor };
}

/** What every optimiser is tried on. */
class SmallNetwork extends Module implements Scorer {
  readonly hidden: Linear;
  readonly out: Linear;

  constructor(on: Engine) {
    super();
    const options = { engine: on, random: new Philox(1) };
    this.hidden = new Linear(options, 8, 4);
    this.out = new Linear(options, 4, 1);
  }

  forward(x: Tensor): { y: Tensor; score: Tensor } {
    const y = dropout({ x: this.hidden.forward(x, { relu: true }) }, { p: 0.3 });
    return { y, score: this.out.forward(y).reshape([x.shape[0]!]) };
  }
}

/** A bit of all that draws random numbers, keeps factors or counts on the way. */
class Network extends Module implements Scorer {
  readonly layer: TransformerEncoderLayer;
  readonly norm: BatchNorm1d;
  readonly form: Bilinear;
  readonly out: Linear;

  constructor(on: Engine) {
    super();
    const options = { engine: on, random: new Philox(1) };
    this.layer = new TransformerEncoderLayer(options, 8, 2, { dimFeedforward: 12, dropout: 0.3 });
    this.norm = new BatchNorm1d(options, 8);
    this.form = new Bilinear(options, 8, 8, 3);
    this.out = new Linear(options, 3, 1);
  }

  forward(x: Tensor): { y: Tensor; score: Tensor } {
    const [rows] = x.shape;
    const y = this.norm.forward(this.layer.forward(x.reshape([rows!, 1, 8])).reshape([rows!, 8]));
    return { y, score: this.out.forward(this.form.forward(y, y)).reshape([rows!]) };
  }
}

const optimizers: Readonly<Record<string, (parameters: readonly Parameter[]) => Optimizer>> = {
  Adam: (parameters) => new Adam(parameters, { lr: 1e-2, weightDecay: 1e-2 }),
  "AdamW with AMSGrad": (parameters) => new AdamW(parameters, { lr: 1e-2, amsgrad: true }),
  "SGD with momentum": (parameters) => new SGD(parameters, { lr: 1e-2, momentum: 0.9, nesterov: true }),
  RMSprop: (parameters) => new RMSprop(parameters, { lr: 1e-3, centered: true }),
  Adagrad: (parameters) => new Adagrad(parameters, { lr: 1e-2, lrDecay: 0.1 }),
};

/** Trains for some steps of varying size and learning rate: losses and all parameters, as bits. */
async function train(
  on: Engine,
  make: (parameters: readonly Parameter[]) => Optimizer,
  { captured = false, mixed = false, network: kind = SmallNetwork as new (on: Engine) => Scorer } = {},
): Promise<{ results: Uint32Array[]; fallbacks: string[]; captures: number }> {
  using network = new kind(on);
  using optimizer = make(network.parameters());
  const scaler = mixed ? new GradScaler(on, { initScale: 2 ** 20, growthInterval: 3 }) : null;
  const body = ({ x, score }: { x: Tensor; score: Tensor }) => {
    const forward = () => {
      const made = network.forward(x);
      const loss = mseLoss({ prediction: made.score, target: score });
      return kind === SmallNetwork ? loss : loss.add(minedTripletLoss({ x: made.y, score }, { mining: "random" }));
    };
    const loss = mixed ? on.autocast(forward) : forward();
    optimizer.zeroGrad();
    backward(loss, scaler?.upstream(loss));
    const status = optimizer.clipGradNorm(0.5, scaler);
    optimizer.step();
    return { loss, more: [status] };
  };
  const fallbacks: string[] = [];
  using step = on.capture(body, { onFallback: (reason) => fallbacks.push(reason) });
  on.random.seed = 7;
  on.random.step = 0;
  const kept: Tensor[] = [];
  for (let i = 0; i < 8; i++) {
    const rows = i % 4 === 3 ? 5 : 9;
    using x = on.tensor([rows, 8], uniforms(rows * 8, i));
    using score = on.tensor([rows], uniforms(rows, 100 + i).map((value) => 5 * value));
    optimizer.lr = 1e-2 / (1 + i);
    const inputs = { x, score };
    const { loss, more } = captured ? await step.run(inputs) : await on.step(() => body(inputs));
    kept.push(loss, ...more);
  }
  assert.equal(optimizer.steps, 8);
  const moments = Object.values(await optimizer.stateDict()).flatMap((state) => [...state.values()]);
  const values = await on.read([
    ...kept,
    ...network.parameters(),
    ...(network instanceof Network ? [network.norm.running_mean, network.norm.running_var] : []),
  ]);
  for (const tensor of kept) tensor.dispose();
  scaler?.dispose();
  const results = [...values, ...moments.map(({ data }) => data)].map((data) =>
    new Uint32Array(Float32Array.from(data).buffer)
  );
  return { results, fallbacks, captures: step.memory.length };
}

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`captured step: ${name} comes to the bits of a step that runs as it is written`, async () => {
    const before = engine.pool.liveLabels().toSorted();
    const expected = await train(engine, make), found = await train(engine, make, { captured: true });
    assert.deepEqual(found.fallbacks, []);
    assert.equal(found.captures, 2);
    assert.deepEqual(found.results, expected.results);
    assert.deepEqual(engine.pool.liveLabels().toSorted(), before);
  });
}

Deno.test("captured step: attention, dropout, norms, factored gradients and mining come to the same bits", async () => {
  const network = Network;
  const expected = await train(engine, optimizers.Adam!, { network });
  const found = await train(engine, optimizers.Adam!, { network, captured: true });
  assert.deepEqual([found.fallbacks, found.captures], [[], 2]);
  assert.deepEqual(found.results, expected.results);
});

Deno.test({
  name: "captured step: mixed precision with a scale that moves",
  ignore: !engine.capabilities.shaderF16,
  async fn() {
    const make = optimizers.Adam!;
    const expected = await train(engine, make, { mixed: true });
    const found = await train(engine, make, { mixed: true, captured: true });
    assert.deepEqual([found.fallbacks, found.captures], [[], 2]);
    assert.deepEqual(found.results, expected.results);
  },
});

Deno.test("captured step: the same with and without reads from textures", async () => {
  await using other = await Engine.open({ textureReads: !engine.capabilities.textureReads });
  const expected = await train(other, optimizers.Adam!);
  const found = await train(other, optimizers.Adam!, { captured: true });
  assert.deepEqual([found.fallbacks, found.captures], [[], 2]);
  assert.deepEqual(found.results, expected.results);
});

/** Runs a step on x four times: what it gives, and why it fell back. */
async function four<Results extends Tensor>(
  body: (inputs: { x: Tensor }) => Results,
  between: (i: number, step: CapturedStep<{ x: Tensor }, Results>) => void = () => {},
) {
  const fallbacks: string[] = [], sums: number[] = [];
  using step = engine.capture(body, { onFallback: (reason) => fallbacks.push(reason) });
  for (let i = 0; i < 4; i++) {
    between(i, step);
    using x = engine.tensor([3], [i, 1, 2]);
    using y = await step.run({ x });
    sums.push((await y.data())[0]!);
  }
  return { fallbacks, sums };
}

Deno.test("captured step: an input that is no tensor is refused by name", async () => {
  using scaled = engine.capture(({ factor }: { factor: Tensor }) => factor.mul(2));
  await assert.rejects(scaled.run({ factor: 3 as unknown as Tensor }), {
    name: "UsageError",
    message: "engine.capture: factor is number, but the inputs of a captured step are tensors.",
  });
});

Deno.test("captured step: a body that the host writes in runs as it is written", async () => {
  let calls = 0;
  const { fallbacks, sums } = await four(({ x }) => x.add(engine.tensor([3], [10 * ++calls, 0, 0])));
  assert.deepEqual(sums, [10, 21, 32, 43]);
  assert.deepEqual(fallbacks, ["it writes numbers of the host to the GPU"]);
});

Deno.test("captured step: one that sets the step of the random numbers runs as it is written", async () => {
  const { fallbacks } = await four(({ x }) => {
    engine.random.step += 3;
    return x.mul(2);
  });
  assert.deepEqual(fallbacks, ["it sets the step of the random numbers"]);
});

Deno.test("captured step: memory that is given back is not read for another's", async () => {
  let scale = engine.tensor([3], [2, 2, 2]);
  const { fallbacks, sums } = await four(({ x }) => x.mul(scale).add(1), (i) => {
    if (i !== 3) return;
    scale.dispose();
    scale = engine.tensor([3], [5, 5, 5]);
  });
  scale.dispose();
  assert.deepEqual(sums, [1, 3, 5, 16]);
  assert.deepEqual(fallbacks, ["memory that it uses was given back"]);
});

Deno.test("captured step: what is computed outside between two steps is seen, and unused memory is not", async () => {
  using scale = engine.tensor([3], [2, 2, 2]);
  const others: Tensor[] = [];
  const { fallbacks, sums } = await four(({ x }) => x.mul(scale).mul(scale), (i) => {
    engine.write(scale, Float32Array.of(i, i, i));
    // Takes memory that the step has used before, were it free.
    for (let k = 0; k < 20; k++) others.push(engine.full([3], 100 + k));
  });
  assert.deepEqual(sums, [0, 1, 8, 27]);
  assert.deepEqual(fallbacks, []);
  for (const [k, { ...data }] of (await engine.read(others)).entries()) {
    assert.deepEqual(Object.values(data), Array(3).fill(100 + k % 20));
  }
  for (const tensor of others) tensor.dispose();
});

Deno.test("captured step: indices beyond those it was recorded with are looked at", async () => {
  using weight = engine.tensor([4, 1], [0, 10, 20, 30]);
  using step = engine.capture(({ index }: { index: IndexTensor }) => embedding({ weight, index }));
  for (const rows of [[0, 1], [1, 0], [1, 1], [3, 0], [2, 3]]) {
    using index = engine.indices([2], rows);
    using found = await step.run({ index });
    assert.deepEqual([...await found.data()], rows.map((row) => 10 * row));
  }
  using beyond = engine.indices([2], [0, 4]);
  await assert.rejects(step.run({ index: beyond }), /4/);
});

Deno.test("captured step: tensors that do not live together share memory", async () => {
  using step = engine.capture(({ x }: { x: Tensor }) => {
    let y = x;
    for (let i = 0; i < 8; i++) y = engine.noGrad(() => engine.scope(() => y.mul(2).add(1)));
    return y;
  });
  using x = engine.full([100_000], 1);
  for (let i = 0; i < 3; i++) {
    using y = await step.run({ x });
    assert.equal((await y.data())[99_999], 511);
  }
  const [{ total, planned, lowerBound }] = step.memory as [{ total: number; planned: number; lowerBound: number }];
  assert.ok(lowerBound <= planned && planned < total / 2, `${lowerBound} ${planned} ${total}`);
});

Deno.test("captured step: what nobody reads is not computed again", async () => {
  const seen = new Map<boolean, number>();
  for (const unused of [true, false]) {
    using step = engine.capture(({ x }: { x: Tensor }) => {
      if (unused) x.mul(2).add(x);
      return x.mul(3);
    });
    using x = engine.full([3], 1);
    for (let i = 0; i < 3; i++) {
      const before = engine.stream.dispatches;
      using y = await step.run({ x });
      seen.set(unused, engine.stream.dispatches - before);
      assert.deepEqual([...await y.data()], [3, 3, 3]);
    }
  }
  assert.equal(seen.get(true), seen.get(false));
});

Deno.test("captured step: steps of two shapes and the work between them share textures, to the same bits", async () => {
  using frozen = engine.tensor([256, 192], uniforms(256 * 192, 1));
  using changed = engine.tensor([192, 64], uniforms(192 * 64, 2));
  const body = ({ x }: { x: Tensor }) => x.matmul(frozen).relu().matmul(changed).sum();
  using step = engine.capture(body);
  const found: number[] = [], expected: number[] = [];
  for (let i = 0; i < 10; i++) {
    const rows = i % 2 === 0 ? 96 : 40;
    engine.write(changed, uniforms(changed.size, 10 + i));
    using x = engine.tensor([rows, 256], uniforms(rows * 256, 30 + i));
    using replayed = await step.run({ x });
    using written = await engine.step(() => body({ x }));
    found.push(await replayed.item());
    expected.push(await written.item());
  }
  assert.equal(step.memory.length, 2);
  assert.deepEqual(found, expected);
});

Deno.test("captured step: steps of several shapes compute in the same memory, also when a larger one comes later", async () => {
  const before = engine.pool.liveLabels().toSorted();
  {
    // The sum of the second half outlives the first, so that two buffers are needed.
    const body = ({ x }: { x: Tensor }) => x.mul(2).add(x.mul(3).add(1)).sum();
    using step = engine.capture(body);
    const shared = () => engine.pool.liveBytesByLabel().get("memory of captured steps");
    const bytes: (number | undefined)[] = [];
    for (const rows of [1000, 1000, 1000, 4000, 4000, 1000, 4000, 500, 500, 500, 1000]) {
      using x = engine.tensor([rows], uniforms(rows, rows));
      using replayed = await step.run({ x });
      using written = await engine.step(() => body({ x }));
      assert.equal(await replayed.item(), await written.item());
      bytes.push(shared());
    }
    assert.equal(step.memory.length, 3);
    const [none, first, , , larger, ...later] = bytes;
    assert.ok(none === undefined && first! > 0 && larger! > first!, `${bytes}`);
    assert.deepEqual(later, later.map(() => larger));
    assert.ok(larger! < 2 * Math.max(...step.memory.map(({ planned }) => planned)));
  }
  assert.deepEqual(engine.pool.liveLabels().toSorted(), before);
});

Deno.test("captured step: of more shapes than are kept, the one that was used longest ago is forgotten", async () => {
  const before = engine.pool.liveLabels().toSorted();
  {
    const fallbacks: string[] = [];
    using step = engine.capture(({ x }: { x: Tensor }) => x.mul(2).sum(), {
      shapes: 2,
      onFallback: (reason) => fallbacks.push(reason),
    });
    const replayed: boolean[] = [], { replay } = engine.stream;
    let replays = 0;
    engine.stream.replay = (one) => {
      replays++;
      replay.call(engine.stream, one);
    };
    for (const rows of [3, 3, 3, 4, 3, 4, 4, 3, 5, 3, 4]) {
      const earlier = replays;
      using x = engine.full([rows], 1);
      using y = await step.run({ x });
      assert.equal(await y.item(), 2 * rows);
      replayed.push(replays > earlier);
    }
    Object.assign(engine.stream, { replay });
    // The 5 takes the place of the 4, which was used before the last 3.
    assert.deepEqual(replayed, [0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0].map(Boolean));
    assert.deepEqual(fallbacks, ["inputs have more than 2 shapes, of which some come too seldom"]);
  }
  assert.deepEqual(engine.pool.liveLabels().toSorted(), before);
});

Deno.test("captured step: a backward pass that is repeated leaves parameters with gradients", async () => {
  using weight = new Parameter(engine, [3], Float32Array.of(1, 2, 3));
  using step = engine.capture(({ x }: { x: Tensor }) => {
    backward(x.mul(weight).sum());
    return [];
  });
  for (let i = 0; i < 4; i++) {
    weight.zeroGrad();
    using x = engine.full([3], i);
    await step.run({ x });
    assert.ok(weight.hasGrad);
    assert.deepEqual([...await weight.grad.data()], [i, i, i]);
  }
});

Deno.test("captured step: one that added to gradients does not add to those that were forgotten", async () => {
  using weight = new Parameter(engine, [3], Float32Array.of(1, 2, 3), "weight");
  using step = engine.capture(({ x }: { x: Tensor }) => {
    backward(x.mul(weight).sum());
    return [];
  });
  using x = engine.full([3], 1);
  for (let i = 0; i < 4; i++) await step.run({ x });
  assert.deepEqual([...await weight.grad.data()], [4, 4, 4]);
  weight.zeroGrad();
  await assert.rejects(step.run({ x }), /weight had a gradient when the step was captured, but now it has none/);
});
