import assert from "node:assert/strict";
import * as ops from "../../engine/mod.ts";
import { Adam, backward, Linear, Parameter, type Tensor } from "../../engine/mod.ts";
import { Philox } from "../../kernels/philox.ts";
import { UsageError } from "../../kernels/errors.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

/** Each method beside the function that it stands for. */
const pairs: Readonly<
  Record<string, readonly [method: (x: Tensor, y: Tensor) => Tensor, (x: Tensor, y: Tensor) => Tensor]>
> = {
  add: [(x, y) => x.add(y), (a, b) => ops.add({ a, b })],
  sub: [(x, y) => x.sub(y), (a, b) => ops.subtract({ a, b })],
  mul: [(x, y) => x.mul(y), (a, b) => ops.multiply({ a, b })],
  div: [(x, y) => x.div(y), (a, b) => ops.divide({ a, b })],
  neg: [(x) => x.neg(), (a) => ops.multiply({ a, b: engine.full([], -1) })],
  "add 3": [(x) => x.add(3), (a) => ops.add({ a, b: engine.full([], 3) })],
  "sub 3": [(x) => x.sub(3), (a) => ops.subtract({ a, b: engine.full([], 3) })],
  "mul 3": [(x) => x.mul(3), (a) => ops.multiply({ a, b: engine.full([], 3) })],
  "div 3": [(x) => x.div(3), (a) => ops.divide({ a, b: engine.full([], 3) })],
  "3 on the left": [(x) => ops.divide({ a: 3, b: x }), (b) => ops.divide({ a: engine.full([], 3), b })],
  matmul: [
    (x, y) => x.matmul(y, { transposeB: true }),
    (a, b) => ops.matmul({ a, b }, { transposeB: true }),
  ],
  square: [(x) => x.square(), (x) => ops.square({ x })],
  abs: [(x) => x.abs(), (x) => ops.abs({ x })],
  exp: [(x) => x.exp(), (x) => ops.exp({ x })],
  log: [(x) => x.square().log(), (x) => ops.log({ x: ops.square({ x }) })],
  sqrt: [(x) => x.square().sqrt(), (x) => ops.sqrt({ x: ops.square({ x }) })],
  tanh: [(x) => x.tanh(), (x) => ops.tanh({ x })],
  sigmoid: [(x) => x.sigmoid(), (x) => ops.sigmoid({ x })],
  softplus: [(x) => x.softplus(), (x) => ops.softplus({ x })],
  relu: [(x) => x.relu(), (x) => ops.relu({ x })],
  silu: [(x) => x.silu(), (x) => ops.silu({ x })],
  step: [(x) => x.step(), (x) => ops.step({ x })],
  gelu: [(x) => x.gelu({ approximate: "tanh" }), (x) => ops.gelu({ x }, { approximate: "tanh" })],
  clamp: [(x) => x.clamp({ min: -0.5, max: 0.25 }), (x) => ops.clamp({ x }, { min: -0.5, max: 0.25 })],
  sum: [(x) => x.sum({ axis: 0 }), (x) => ops.sum({ x }, { axis: 0 })],
  mean: [(x) => x.mean({ axis: 1, keepdim: true }), (x) => ops.mean({ x }, { axis: 1, keepdim: true })],
  max: [(x) => x.max({ axis: 1 }), (x) => ops.max({ x }, { axis: 1 })],
  argmax: [(x) => x.argmax({ axis: 1 }), (x) => ops.argmax({ x }, { axis: 1 })],
  logsumexp: [(x) => x.logsumexp({ axis: 0 }), (x) => ops.logsumexp({ x }, { axis: 0 })],
  softmax: [(x) => x.softmax({ axis: 0 }), (x) => ops.softmax({ x }, { axis: 0 })],
  logSoftmax: [(x) => x.logSoftmax(), (x) => ops.logSoftmax({ x })],
  reshape: [(x) => x.reshape([2, 6]), (x) => ops.reshape({ x }, { shape: [2, 6] })],
  expand: [(x) => x.expand([2, 3, 4]), (x) => ops.expand({ x }, { shape: [2, 3, 4] })],
  permute: [(x) => x.permute([1, 0]), (x) => ops.permute({ x }, { order: [1, 0] })],
  transpose: [(x) => x.transpose(), (x) => ops.transpose({ x })],
  narrow: [(x) => x.narrow({ axis: 1, start: 1, end: 3 }), (x) => ops.slice({ x }, { axis: 1, start: 1, end: 3 })],
  gather: [
    (x) => x.gather(engine.indices([3, 2], [0, 1, 2, 3, 3, 3])),
    (x) => ops.gather({ x, index: engine.indices([3, 2], [0, 1, 2, 3, 3, 3]) }),
  ],
  indexSelect: [
    (x) => x.indexSelect(engine.indices([2], [2, 0]), { axis: 0 }),
    (x) => ops.indexSelect({ x, index: engine.indices([2], [2, 0]) }, { axis: 0 }),
  ],
  normalize: [(x) => x.normalize({ scale: 2 }), (x) => ops.normalize({ x }, { scale: 2 })],
};

for (const [name, [method, op]] of Object.entries(pairs)) {
  Deno.test(`methods: ${name} is the function of that name, there and back`, async () => {
    const made = [method, op].map((run) => {
      const x = new Parameter(engine, [3, 4], uniforms(12, 1)), y = new Parameter(engine, [3, 4], uniforms(12, 2));
      const result = engine.scope(() => {
        const result = run(x, y);
        if (result.requiresGrad) backward(result.mul(result).sum());
        return result;
      });
      return { result, tensors: [result, ...(result.type === "f32" ? [x.grad] : [])], owned: [result, x, y] };
    });
    const [got, want] = await Promise.all(made.map(({ tensors }) => engine.read(tensors)));
    assert.deepEqual(got, want);
    assert.deepEqual(made[0]!.result.shape, made[1]!.result.shape);
    for (const tensor of made.flatMap(({ owned }) => owned)) tensor.dispose();
  });
}

Deno.test("methods: every op that an engine hands to tensors has a method that is tested above", () => {
  const named = new Map([["subtract", "sub"], ["multiply", "mul"], ["divide", "div"], ["slice", "narrow"]]);
  const untested = Object.keys(engine.ops).filter((op) => op !== "backward" && !pairs[named.get(op) ?? op]);
  assert.deepEqual(untested, []);
});

Deno.test("methods: a chain reads as the formula, and backward() goes back through it", async () => {
  const w = new Parameter(engine, [2, 1], Float32Array.of(1, -1)), b = new Parameter(engine, [1], Float32Array.of(0.5));
  engine.scope(() => engine.tensor([2, 2], [1, 2, 3, 1]).matmul(w).add(b).relu().sum().backward());
  assert.deepEqual([...await w.grad.data()], [3, 1]);
  assert.deepEqual([...await b.grad.data()], [1]);
  for (const one of [w, b]) one.dispose();
});

Deno.test("methods: a number's tensor outlives no result, in a scope or out of one", async () => {
  const { pool } = engine, before = pool.liveLabels();
  {
    using x = new Parameter(engine, [2], Float32Array.of(1, 2));
    using y = x.mul(2);
    engine.scope(() => y.sum().backward());
    assert.deepEqual([...await x.grad.data()], [2, 2]);
    using z = engine.scope(() => y.detach().add(1).mul(2));
    assert.deepEqual([...await z.data()], [6, 10]);
  }
  assert.deepEqual(pool.liveLabels(), before);
});

Deno.test("methods: neither a tensor nor a number is refused in a sentence", () => {
  using x = engine.full([2], 1);
  assert.throws(() => x.mul("2" as unknown as number), {
    name: UsageError.name,
    message: /^multiply: a tensor and a tensor or a number are expected, not object and string\.$/,
  });
});

Deno.test("tensors: whole numbers are read back as whole numbers, beyond what a float holds", async () => {
  using index = engine.indices([2], [16777217, 4294967295]);
  const values = await index.data();
  assert.ok(values instanceof Uint32Array);
  assert.deepEqual([...values], [16777217, 4294967295]);
  using one = engine.indices([], [16777219]);
  assert.equal(await one.item(), 16777219);
  using x = engine.tensor([3], [1, 3, 2]);
  const [floats, position] = await engine.read([x, engine.scope(() => x.argmax())] as const);
  assert.deepEqual([floats, position], [Float32Array.of(1, 3, 2), Uint32Array.of(1)]);
});

Deno.test("tensors, modules and optimisers: using gives their memory back at the end of the block", async () => {
  const { pool } = engine, before = pool.liveLabels();
  {
    using layer = new Linear({ engine, random: new Philox(1) }, 2, 2);
    using optimizer = new Adam(layer.parameters());
    using x = engine.full([1, 2], 1);
    engine.scope(() => layer.forward(x).sum().backward());
    optimizer.step();
    await engine.finish();
  }
  assert.deepEqual(pool.liveLabels(), before);
});
