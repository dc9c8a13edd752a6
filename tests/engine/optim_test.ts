import assert from "node:assert/strict";
import { Engine } from "../../engine/engine.ts";
import { Adagrad } from "../../engine/optim/adagrad.ts";
import { Adam, AdamW } from "../../engine/optim/adam.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import { RMSprop } from "../../engine/optim/rmsprop.ts";
import { SGD } from "../../engine/optim/sgd.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { UsageError } from "../../kernels/errors.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

const makers: Readonly<Record<string, (parameters: readonly Parameter[]) => Optimizer>> = {
  Adam: (parameters) => new Adam(parameters, { lr: 0.1, weightDecay: 0.1 }),
  AdamW: (parameters) => new AdamW(parameters, { lr: 0.1, weightDecay: 0.1 }),
  "AdamW with a parameter that does not decay": (parameters) =>
    new AdamW(parameters, { lr: 0.1, weightDecay: 0.1, undecayed: parameters.slice(1, 2) }),
  AMSGrad: (parameters) => new Adam(parameters, { lr: 0.1, betas: [0.9, 0.5], amsgrad: true }),
  SGD: (parameters) => new SGD(parameters, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.1 }),
  "SGD without momentum": (parameters) => new SGD(parameters, { lr: 0.1 }),
  Adagrad: (parameters) => new Adagrad(parameters, { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1 }),
  RMSprop: (parameters) => new RMSprop(parameters, { lr: 0.1, momentum: 0.9, centered: true, weightDecay: 0.1 }),
};

/** Three parameters, of which none fills the place it is padded to. */
const sizes = [5, 70, 33];

function parametersOn(on: Engine): Parameter[] {
  return sizes.map((size, i) => new Parameter(on, [size], uniforms(size, i + 1), `layer.${i}.weight`));
}

function setGradient(parameter: Parameter, gradient: Float32Array): void {
  parameter.engine.write(parameter.grad, gradient);
  parameter.hasGrad = true;
}

/** Takes a step on made-up gradients. Returns what `clipGradNorm` wrote. */
async function step(
  optimizer: Optimizer,
  number: number,
  { maxNorm = 1, change }: { maxNorm?: number; change?: (gradients: Float32Array[]) => void } = {},
): Promise<Float32Array> {
  const { parameters } = optimizer;
  const gradients = parameters.map(({ size }, i) => uniforms(size, 100 * number + i));
  change?.(gradients);
  optimizer.zeroGrad();
  parameters.forEach((parameter, i) => setGradient(parameter, gradients[i]!));
  const status = optimizer.clipGradNorm(maxNorm);
  optimizer.step();
  const values = await status.data();
  status.dispose();
  return values;
}

/** Bits of all parameters and moments. */
async function bitsOf(optimizer: Optimizer): Promise<Uint32Array[]> {
  const moments = Object.values(await optimizer.stateDict()).flatMap((state) => [...state.values()]);
  const values = [...await optimizer.engine.read(optimizer.parameters), ...moments.map(({ data }) => data)];
  return values.map((data) => new Uint32Array(data.buffer, data.byteOffset, data.length));
}

function disposeAll(optimizer: Optimizer): void {
  for (const parameter of optimizer.parameters) parameter.dispose();
  optimizer.dispose();
}

Deno.test("AdamW: what does not decay is updated as without weight decay, the others as with it", async () => {
  const mixed = new AdamW(parametersOn(engine), { weightDecay: 0.1 });
  const [first, second, third] = parametersOn(engine);
  const apart = new AdamW([first!, second!, third!], { weightDecay: 0.1, undecayed: [second!] });
  const none = new AdamW(parametersOn(engine), { weightDecay: 0 });
  for (let number = 1; number <= 3; number++) {
    for (const one of [mixed, apart, none]) await step(one, number, { maxNorm: Infinity });
  }
  const [decayed, found, undecayed] = [await bitsOf(mixed), await bitsOf(apart), await bitsOf(none)];
  assert.deepEqual(found.slice(0, 3), [decayed[0], undecayed[1], decayed[2]]);
  assert.notDeepEqual(decayed[1], undecayed[1]);
  for (const one of [mixed, apart, none]) disposeAll(one);
});

for (const [name, make] of Object.entries(makers)) {
  Deno.test(`${name}: a gradient that is not finite changes no bit and is named; the next step goes on`, async () => {
    const optimizer = make(parametersOn(engine));
    assert.equal(optimizer.badGradient(await step(optimizer, 1)), null);
    for (const [parameter, element, value] of [[0, 0, NaN], [1, 0, -NaN], [1, 69, Infinity], [2, 32, NaN]] as const) {
      const before = await bitsOf(optimizer);
      const status = await step(optimizer, 2, {
        change: (gradients) => gradients[parameter]![element] = value,
      });
      assert.equal(optimizer.badGradient(status), `layer.${parameter}.weight`);
      assert.deepEqual(await bitsOf(optimizer), before);
    }
    const before = await bitsOf(optimizer);
    assert.equal(optimizer.badGradient(await step(optimizer, 3)), null);
    assert.notDeepEqual(await bitsOf(optimizer), before);
    disposeAll(optimizer);
  });

  Deno.test(`${name}: loading the state goes on in the bits of an unbroken run`, async () => {
    const unbroken = make(parametersOn(engine));
    for (let number = 1; number <= 6; number++) await step(unbroken, number);
    const first = make(parametersOn(engine));
    for (let number = 1; number <= 3; number++) await step(first, number);
    const state = await first.stateDict(), values = await engine.read(first.parameters), { steps } = first;
    disposeAll(first);
    const second = make(parametersOn(engine));
    second.parameters.forEach((parameter, i) => parameter.assign(values[i]!));
    second.loadStateDict(state, steps);
    for (let number = 4; number <= 6; number++) await step(second, number);
    assert.equal(second.steps, 6);
    assert.deepEqual(await bitsOf(second), await bitsOf(unbroken));
    disposeAll(second);
    disposeAll(unbroken);
  });

  Deno.test(`${name}: parameters over several buffers train to the bits of one buffer`, async () => {
    const small = await engineThatBinds(768);
    const whole = make(parametersOn(engine)), sharded = make(parametersOn(small));
    const buffers = new Set(sharded.parameters.map(({ slice }) => slice.buffer));
    assert.equal(buffers.size, 2);
    for (let number = 1; number <= 5; number++) {
      // Without clipping: the norm's sum may round otherwise where the buffers are cut.
      for (const optimizer of [sharded, whole]) await step(optimizer, number, { maxNorm: Infinity });
    }
    assert.deepEqual(await bitsOf(sharded), await bitsOf(whole));
    const status = await step(sharded, 6, { change: (gradients) => gradients[2]![32] = NaN });
    assert.equal(sharded.badGradient(status), "layer.2.weight");
    disposeAll(whole);
    disposeAll(sharded);
    await small[Symbol.asyncDispose]();
  });

  Deno.test(`${name}: a parameter that is cut over several buffers trains to the bits of one buffer`, async () => {
    const small = await engineThatBinds(256);
    const whole = make(parametersOn(engine)), cut = make(parametersOn(small));
    assert.deepEqual(cut.parameters.map(({ slices }) => slices.length), [1, 2, 1]);
    for (let number = 1; number <= 3; number++) {
      for (const optimizer of [cut, whole]) await step(optimizer, number, { maxNorm: Infinity });
    }
    assert.deepEqual(await bitsOf(cut), await bitsOf(whole));
    const status = await step(cut, 4, { change: (gradients) => gradients[1]![69] = NaN });
    assert.equal(cut.badGradient(status), "layer.1.weight");
    const state = await cut.stateDict(), again = make(parametersOn(small));
    again.parameters.forEach((parameter, i) => parameter.assign(uniforms(sizes[i]!, i + 7)));
    again.loadStateDict(state, cut.steps);
    assert.deepEqual(await again.stateDict(), state);
    assert.deepEqual(await again.parameters[1]!.data(), uniforms(70, 8));
    for (const optimizer of [whole, cut, again]) disposeAll(optimizer);
    await small[Symbol.asyncDispose]();
  });

  Deno.test(`${name}: parameters without a gradient keep their bits, and the gap does not mislead names`, async () => {
    const optimizer = make(parametersOn(engine));
    await step(optimizer, 1);
    const [, before] = await bitsOf(optimizer);
    const [first, , third] = optimizer.parameters as [Parameter, Parameter, Parameter];
    optimizer.zeroGrad();
    setGradient(first, uniforms(5, 1));
    setGradient(third, uniforms(33, 2).with(32, NaN) as Float32Array);
    const status = optimizer.clipGradNorm();
    assert.equal(optimizer.badGradient(await status.data()), "layer.2.weight");
    setGradient(third, uniforms(33, 2));
    engine.scope(() => void optimizer.clipGradNorm());
    optimizer.step();
    assert.deepEqual((await bitsOf(optimizer))[1], before);
    status.dispose();
    disposeAll(optimizer);
  });
}

Deno.test("optimizer: a step that was not clipped uses the gradient as it is, even after a clipped one", async () => {
  const parameter = new Parameter(engine, [2], Float32Array.of(0, 0), "p");
  const optimizer = new SGD([parameter], { lr: 1 });
  setGradient(parameter, Float32Array.of(30, 40));
  const status = optimizer.clipGradNorm(5);
  optimizer.step();
  assert.equal((await status.data())[0], 50);
  assert.deepEqual([...await parameter.data()].map((value) => Math.round(value * 1e4) / 1e4), [-3, -4]);
  optimizer.step();
  assert.deepEqual([...await parameter.data()].map((value) => Math.round(value * 1e4) / 1e4), [-33, -44]);
  status.dispose();
  disposeAll(optimizer);
});

Deno.test("optimizer: keeps the values of its parameters when it takes them over", async () => {
  const parameters = parametersOn(engine);
  const before = await engine.read(parameters);
  const optimizer = new Adam(parameters);
  assert.deepEqual(await engine.read(parameters), before);
  disposeAll(optimizer);
});

Deno.test("optimizer: one whose parameter another took over says so, instead of changing nothing", async () => {
  const p = new Parameter(engine, [2], Float32Array.of(1, 1), "p");
  const first = new SGD([p], { lr: 0.5 }), second = new SGD([p], { lr: 0.25 });
  engine.scope(() => p.sum().backward());
  for (const call of [() => first.step(), () => first.clipGradNorm(1)]) {
    assert.throws(call, { name: "UsageError", message: /^p was taken over by another optimiser; / });
  }
  second.step();
  assert.deepEqual([...await p.data()], [0.75, 0.75]);
  for (const one of [first, second, p]) one.dispose();
});

Deno.test("optimizer: what holds no parameters is refused, and so is a setting of another library's name", () => {
  const p = new Parameter(engine, [2], Float32Array.of(1, 1)), x = engine.full([2], 1, "x");
  // As programs without a compiler may call it.
  const make = (Kind: unknown, ...given: unknown[]) => () =>
    new (Kind as new (...given: unknown[]) => Optimizer)(...given);
  const cases: readonly [make: () => unknown, message: string][] = [
    [make(Adam, { parameters: () => [p] }), "Adam: a list of parameters is expected, such as network.parameters()."],
    [make(SGD, [x]), "SGD: parameters, or groups of them, are expected, but the list holds the tensor x [2]."],
    [
      make(AdamW, [p], { weight_decay: 0.1 }),
      'AdamW has no setting "weight_decay"; its settings are lr, betas, eps, weightDecay, amsgrad, undecayed.',
    ],
    [make(Adagrad, [p], { rate: 1 }), 'Adagrad has no setting "rate"; its settings are lr, lrDecay, weightDecay, eps.'],
    [
      make(RMSprop, [{ parameters: [p], momentum: 0.5 }]),
      'RMSprop: a group has no setting "momentum"; its settings are lr, alpha, eps, weightDecay.',
    ],
  ];
  for (const [call, message] of cases) assert.throws(call, new UsageError(message));
  for (const one of [p, x]) one.dispose();
});

Deno.test("optimizer: says which parameter lacks state, has another shape, or is too large to bind", async () => {
  const optimizer = new Adam(parametersOn(engine));
  const state = await optimizer.stateDict();
  const without = new Map(state.exp_avg_sq);
  without.delete("layer.1.weight");
  assert.throws(() => optimizer.loadStateDict({ ...state, exp_avg_sq: without }, 1), {
    name: "DataError",
    message: "The optimiser's state lacks exp_avg_sq of layer.1.weight.",
  });
  const other = new Map(state.exp_avg).set("layer.0.weight", { shape: [4], data: new Float32Array(4) });
  assert.throws(() => optimizer.loadStateDict({ ...state, exp_avg: other }, 1), {
    name: "ShapeError",
    message: "The optimiser's exp_avg of layer.0.weight is [4], but [5] is expected.",
  });
  assert.equal(optimizer.steps, 0);
  assert.throws(() => optimizer.step(), { message: "No parameter has a gradient; call backward() first." });
  disposeAll(optimizer);
  const small = await engineThatBinds(256);
  assert.throws(() => new Parameter(small, [1, 70], uniforms(70, 1), "layer.1.weight"), {
    name: "ShapeError",
    message: "layer.1.weight [1, 70] cannot be cut between rows of 280 bytes: this device binds at most 256.",
  });
  await small[Symbol.asyncDispose]();
});

/** An engine that takes its device for one that binds only a few bytes. */
async function engineThatBinds(bytes: number): Promise<Engine> {
  const small = await Engine.open();
  return Object.assign(small, { capabilities: { ...small.capabilities, maxBindingSize: bytes } });
}
