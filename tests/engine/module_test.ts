import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AdamW,
  add,
  backward,
  BatchNorm1d,
  DataError,
  Linear,
  Module,
  mseLoss,
  type Optimizer,
  Parameter,
  Sequential,
  SGD,
  ShapeError,
  type Tensor,
  UsageError,
} from "../../engine/mod.ts";
import { Philox } from "../../kernels/philox.ts";
import { withFolder } from "../temporary.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
const options = () => ({ engine, random: new Philox(1) });

/** A module whose parts lie deep in lists and records. */
class Nested extends Module {
  readonly blocks = [[new Linear(options(), 2, 2), new Linear(options(), 2, 2)], [
    new BatchNorm1d(options(), 2),
  ]] as const;
  readonly towers = {
    left: { layers: [new Linear(options(), 2, 1)] },
    scale: new Parameter(engine, [], Float32Array.of(2)),
  };
  readonly notes = ["no parameter", { count: 3, none: null }];

  forward(x: Tensor): Tensor {
    const [[first, second], [norm]] = this.blocks;
    const { left, scale } = this.towers;
    return left.layers[0]!.forward(norm.forward(second.forward(first.forward(x)))).mul(scale);
  }
}

/** One step towards zeros. */
function step(optimizer: Optimizer, forward: (x: Tensor) => Tensor): void {
  engine.scope(() => {
    const prediction = forward(engine.tensor([3, 2], uniforms(6, 5)));
    optimizer.zeroGrad();
    mseLoss({ prediction, target: engine.full([prediction.size], 0) }).backward();
    optimizer.step();
  });
}

Deno.test("modules: what lists and records of any depth hold is found by its path, and all of it trains", async () => {
  using nested = new Nested();
  assert.deepEqual([...nested.namedParameters().keys()], [
    ...[
      "blocks.0.0.weight",
      "blocks.0.0.bias",
      "blocks.0.1.weight",
      "blocks.0.1.bias",
      "blocks.1.0.weight",
      "blocks.1.0.bias",
    ],
    ...["towers.left.layers.0.weight", "towers.left.layers.0.bias", "towers.scale"],
  ]);
  assert.deepEqual([...nested.namedModules().keys()], [
    ...["", "blocks.0.0", "blocks.0.1", "blocks.1.0", "towers.left.layers.0"],
  ]);
  assert.equal((await nested.stateDict()).has("blocks.1.0.running_mean"), true);
  nested.eval();
  assert.deepEqual([...nested.namedModules().values()].map(({ training }) => training), [
    false,
    false,
    false,
    false,
    false,
  ]);
  nested.train();
  const before = await nested.stateDict();
  using optimizer = new AdamW(nested.parameters(), { lr: 0.1 });
  step(optimizer, (x) => nested.forward(x));
  const after = await nested.stateDict();
  const still = [...before].filter(([path, { data }]) => `${data}` === `${after.get(path)!.data}`).map(([path]) =>
    path
  );
  assert.deepEqual(still, []);
});

Deno.test("modules: parts in a map or a set are refused, since nothing would train them", () => {
  class Kept extends Module {
    readonly names = new Map([["width", 2]]);
    readonly layers: Map<string, Module> | Set<Module>;
    constructor(layers: Map<string, Module> | Set<Module>) {
      super();
      this.layers = layers;
    }
  }
  const layer = new Linear({ engine, random: new Philox(1) }, 2, 2);
  for (const layers of [new Map([["first", layer]]), new Set([layer])]) {
    assert.throws(() => new Kept(layers).parameters(), {
      name: "UsageError",
      message:
        `The module's field layers is a ${layers.constructor.name}; a list or a record of what it holds is expected.`,
    });
  }
  assert.deepEqual(new Kept(new Map()).parameters(), []);
  layer.dispose();
});

Deno.test("modules: a field that leads back to its module is refused by its path", () => {
  class Looped extends Module {
    readonly parts = { self: [this as Module] };
  }
  assert.throws(() => new Looped().parameters(), {
    name: UsageError.name,
    message: "The module's field parts.self.0 leads back to what it is part of; keep such a link in a #private field.",
  });
});

Deno.test("modules: a weight that two layers share counts once, trains and is loaded from a file that has it once", async () => {
  const embed = new Linear(options(), 2, 2), head = new Linear(options(), 2, 2, { bias: false });
  Object.assign(head, { weight: embed.weight });
  using tied = new Sequential(embed, head);
  assert.deepEqual(tied.parameters(), [embed.weight, embed.bias]);
  using optimizer = new SGD(tied.parameters(), { lr: 0.5 });
  const before = await embed.weight.data();
  step(optimizer, (x) => tied.forward(x));
  assert.notDeepEqual(await head.weight.data(), before);
  const state = await tied.stateDict();
  assert.deepEqual([...state.keys()], ["0.weight", "0.bias", "1.weight"]);
  state.delete("1.weight");
  state.get("0.weight")!.data.fill(7);
  assert.deepEqual(tied.loadStateDict(state), { missing: [], unexpected: [] });
  assert.deepEqual([...await head.weight.data()], [7, 7, 7, 7]);
});

Deno.test("sequential: layers and functions run in order, and are named by their place", async () => {
  const first = new Linear(options(), 2, 3), last = new Linear(options(), 3, 1);
  using network = new Sequential(first, (x) => x.relu(), last);
  assert.equal(network.length, 3);
  assert.deepEqual([...network.namedParameters().keys()], ["0.weight", "0.bias", "2.weight", "2.bias"]);
  const x = engine.tensor([4, 2], uniforms(8, 2));
  const [got, want] = await engine.read(
    engine.scope(() => [network.forward(x), last.forward(first.forward(x).relu())]),
  );
  assert.deepEqual(got, want);
  x.dispose();
});

Deno.test("modules: freeze keeps training from the parameters that its filter names, until it is lifted", async () => {
  using network = new Sequential(new Linear(options(), 2, 2), new Linear(options(), 2, 1));
  using optimizer = new SGD(network.parameters(), { lr: 0.1 });
  const changed = async () => {
    const before = await network.stateDict();
    step(optimizer, (x) => network.forward(x));
    const after = await network.stateDict();
    return [...before].filter(([path, { data }]) => `${data}` !== `${after.get(path)!.data}`).map(([path]) => path);
  };
  network.freeze((path) => path.startsWith("0."));
  assert.deepEqual(await changed(), ["1.weight", "1.bias"]);
  network.freeze(undefined, false);
  assert.deepEqual(await changed(), ["0.weight", "0.bias", "1.weight", "1.bias"]);
});

Deno.test(
  "modules: save and load move all values; strict loading names what does not match, and changes nothing",
  withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    using one = new Nested(), other = new Nested();
    for (const parameter of one.parameters()) parameter.assign(uniforms(parameter.size, 3) as Float32Array);
    await one.save(path);
    assert.deepEqual(await other.load(path), { missing: [], unexpected: [] });
    assert.deepEqual(await other.stateDict(), await one.stateDict());

    class Larger extends Nested {
      readonly extra = new Parameter(engine, [1], Float32Array.of(5));
    }
    using larger = new Larger(), smaller = new Linear(options(), 2, 2);
    const before = await larger.stateDict();
    await assert.rejects(larger.load(path), { name: DataError.name, message: `${path} lacks "extra" [1].` });
    assert.deepEqual(await larger.stateDict(), before);
    assert.deepEqual(await larger.load(path, { strict: false }), { missing: ["extra"], unexpected: [] });
    assert.deepEqual(await larger.blocks[0][0].weight.data(), await one.blocks[0][0].weight.data());
    const { missing, unexpected } = await smaller.load(path, { strict: false });
    assert.deepEqual([missing, unexpected.length], [["weight", "bias"], 11]);
    using turned = new Sequential(new Linear(options(), 3, 2));
    await turned.save(path);
    using wider = new Sequential(new Linear(options(), 4, 2));
    await assert.rejects(wider.load(path, { strict: false }), {
      name: ShapeError.name,
      message: `${path}: "0.weight" is [2, 3], but the model expects [2, 4].`,
    });
  }),
);

Deno.test("optimisers: two towers of the same names train in one, and its state goes out and back by identity", async () => {
  const tower = () => new Sequential(new Linear(options(), 2, 1));
  using left = tower(), right = tower();
  const make = () => new AdamW([...left.parameters(), ...right.parameters()], { lr: 0.1 });
  using optimizer = make();
  step(optimizer, (x) => left.forward(x).sub(right.forward(x).mul(3)));
  const state = await optimizer.stateDict();
  assert.deepEqual([...state.exp_avg!.keys()], ["0.weight", "0.bias", "0.weight@2", "0.bias@2"]);
  assert.notDeepEqual(state.exp_avg!.get("0.weight")!.data, state.exp_avg!.get("0.weight@2")!.data);
  using again = make();
  again.loadStateDict(state, 1);
  assert.deepEqual(await again.stateDict(), state);
});

Deno.test("optimisers: groups have settings of their own, each as an optimiser of that group alone", async () => {
  const pair = () =>
    [0, 1].map((i) => new Parameter(engine, [2], Float32Array.of(1, -2 + i), `p${i}`)) as [Parameter, Parameter];
  const grouped = pair(), alone = pair();
  const own = { lr: 0.05, weightDecay: 0.5, betas: [0.5, 0.9] as const };
  const base = { lr: 0.2, weightDecay: 0.1 };
  const optimizers = [
    new AdamW([{ parameters: [grouped[0]] }, { parameters: [grouped[1]], ...own }], base),
    new AdamW([alone[0]], base),
    new AdamW([alone[1]], { ...base, ...own }),
  ];
  for (const optimizer of optimizers) {
    for (let i = 0; i < 3; i++) {
      engine.scope(() => {
        optimizer.zeroGrad();
        for (const one of optimizer.parameters) one.square().mul(i + 1).sum().backward();
        optimizer.step();
      });
    }
  }
  assert.deepEqual(await engine.read(grouped), await engine.read(alone));
  // A schedule's change goes to each group by the same factor.
  for (const optimizer of optimizers) {
    optimizer.lr *= 0.5;
    engine.scope(() => optimizer.step());
  }
  assert.deepEqual(await engine.read(grouped), await engine.read(alone));
  for (const one of [...optimizers, ...grouped, ...alone]) one.dispose();
});

Deno.test("optimisers: a parameter of two groups, a group's rate beside 0, and another engine's parameter are refused", async () => {
  using one = new Parameter(engine, [1], Float32Array.of(1), "one");
  await using second = await (await import("../../engine/mod.ts")).Engine.open();
  using far = new Parameter(second, [1], Float32Array.of(1), "far");
  assert.throws(
    () => new SGD([{ parameters: [one] }, { parameters: [one] }]),
    /^UsageError: SGD: one is in two groups/,
  );
  assert.throws(
    () => new SGD([{ parameters: [one], lr: 1 }], { lr: 0 }),
    /^UsageError: SGD: a group has the learning rate 1/,
  );
  assert.throws(() => new SGD([{ parameters: [one], weightDecay: NaN }]), /weightDecay/);
  assert.throws(() => new SGD([one, far]), /^MetrogradError: far and one lie on two engines/);
  assert.throws(() => add({ a: one, b: far }), /^UsageError: add: b lies on another engine than the rest\.$/);
  assert.throws(() => backward(one, far), /^UsageError: backward: upstream lies on another engine than the loss\.$/);
});
