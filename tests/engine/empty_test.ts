import assert from "node:assert/strict";
import * as ops from "../../engine/mod.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { elementCount, type Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

type Inputs = Readonly<Record<string, Tensor>>;

interface Expected {
  /** Shape of the result. */
  readonly shape: Shape;
  /** What its elements are, where it has any. */
  readonly value?: number;
  /** What the elements of each gradient are, where it has any; 0 else. */
  readonly gradient?: number;
}

/** Checks the result of an op of empty inputs, and that each of them gets a gradient of its own shape. */
function emptyTest(name: string, shapes: Readonly<Record<string, Shape>>, expected: Expected, f: (x: never) => Tensor) {
  const given = Object.values(shapes).map((shape) => `[${shape}]`).join(", ");
  Deno.test(`empty tensors: ${name} of ${given} gives [${expected.shape}], with gradients`, async () => {
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [
        key,
        new ops.Parameter(engine, shape, new Float32Array(elementCount(shape)).fill(0.5), key),
      ]),
    );
    const call = f as (x: Inputs) => Tensor;
    // Memory that is handed out next holds NaN: what nobody writes shows.
    engine.scope(() => Array.from({ length: 12 }, () => void engine.full([64], NaN)));
    const y = engine.scope(() => {
      const y = call(inputs);
      ops.backward(y, engine.full(y.shape, 1));
      return y;
    });
    const value = await y.data();
    assert.deepEqual(y.shape, expected.shape);
    assert.deepEqual([...value], Array(elementCount(expected.shape)).fill(expected.value ?? 0));
    for (const [key, input] of Object.entries(inputs)) {
      assert.ok(input.hasGrad, `${key} got no gradient`);
      const gradient = await input.grad.data();
      assert.deepEqual(
        [...gradient.map((value) => value + 0)],
        Array(input.size).fill(expected.gradient ?? 0),
        `gradient of ${key}`,
      );
      input.dispose();
    }
    y.dispose();
  });
}

Deno.test("empty tensors: the elements go to the GPU and come back, copies and writes too", async () => {
  const x = engine.tensor([0, 4], []);
  assert.deepEqual([...await x.data()], []);
  assert.deepEqual([...await engine.copy(x).data()], []);
  assert.deepEqual([...await engine.full([3, 0], 1).data()], []);
  assert.deepEqual([...await engine.indices([0], []).data()], []);
  assert.deepEqual([...await ops.half({ x }).data()], []);
  engine.write(x, new Float32Array(0));
  engine.addInto(x, engine.copy(x));
  const [, one] = await engine.read([x, engine.full([1], 3)]);
  assert.deepEqual([...one!], [3]);
  const pieces = await Array.fromAsync(engine.readInPieces(x));
  assert.equal(pieces.reduce((sum, piece) => sum + piece.length, 0), 0);
  await engine.writeInPieces(x, () => Promise.resolve(new Float32Array(0)));
  assert.deepEqual([...await ops.randomNormal(engine, [0, 2]).data()], []);
  assert.deepEqual([...await ops.randomUniform(engine, [0]).data()], []);
});

const { add, subtract, multiply, divide } = ops;
for (const [name, f] of Object.entries({ add, subtract, multiply, divide })) {
  emptyTest(name, { a: [0, 3], b: [0, 3] }, { shape: [0, 3] }, f);
  emptyTest(name, { a: [0, 3], b: [3] }, { shape: [0, 3] }, f);
  emptyTest(name, { a: [1], b: [0] }, { shape: [0] }, f);
  emptyTest(name, { a: [2, 1, 3], b: [0, 1] }, { shape: [2, 0, 3] }, f);
}
for (const [name, f] of Object.entries({ add, subtract, multiply, divide })) {
  emptyTest(`${name} of a number`, { x: [0, 3] }, { shape: [0, 3] }, ({ x }) => f({ a: x, b: 2 }));
}
for (const [name, f] of Object.entries({ ...ops.elementwise, gelu: ops.gelu })) {
  emptyTest(name, { x: [4, 0] }, { shape: [4, 0] }, f);
}
emptyTest("clamp", { x: [0] }, { shape: [0] }, ({ x }) => ops.clamp({ x }, { min: 0, max: 1 }));
emptyTest("dropout", { x: [0, 2] }, { shape: [0, 2] }, ({ x }) => ops.dropout({ x }, { p: 0.5 }));
emptyTest("masked dropout", { x: [0, 2] }, { shape: [0, 2] }, ({ x }) => {
  return ops.maskedDropout({ x, mask: engine.indices([0, 2], []) }, { p: 0.5 });
});

for (
  const [name, f, value] of [["sum", ops.sum, 0], ["mean", ops.mean, NaN], [
    "logsumexp",
    ops.logsumexp,
    -Infinity,
  ]] as const
) {
  emptyTest(name, { x: [0] }, { shape: [], value }, ({ x }) => f({ x }));
  emptyTest(name, { x: [0, 3] }, { shape: [3], value }, ({ x }) => f({ x }, { axis: 0 }));
  emptyTest(name, { x: [3, 0] }, { shape: [3], value }, ({ x }) => f({ x }, { axis: 1 }));
  emptyTest(name, { x: [2, 0, 3] }, { shape: [2, 1, 3], value }, ({ x }) => f({ x }, { axis: 1, keepdim: true }));
  emptyTest(name, { x: [0, 3] }, { shape: [0] }, ({ x }) => f({ x }, { axis: 1 }));
  emptyTest(name, { x: [2, 3, 0] }, { shape: [2, 0] }, ({ x }) => f({ x }, { axis: 1 }));
}
const noLabel = engine.indices([0], []);
for (const [name, f] of Object.entries({ triplets: ops.labelTripletLoss, pairs: ops.labelContrastiveLoss })) {
  emptyTest(`loss of labelled ${name}`, { x: [0, 3] }, { shape: [] }, ({ x }) => f({ x, label: noLabel }));
}
emptyTest("NT-Xent", { x: [0, 3] }, { shape: [] }, ({ x }) => ops.ntXentLoss({ x, label: noLabel }));
Deno.test("empty tensors: no rows make no batches, and neither hard triplets nor recall are asked of them", () => {
  using x = engine.tensor([0, 3], []);
  assert.deepEqual([...ops.batches({ x, label: noLabel }, { size: 4 })], []);
  assert.throws(() => ops.labelTripletLoss({ x, label: noLabel }, { miner: ops.miners.batchHard() }), ShapeError);
  assert.throws(() => ops.recallAt({ x, label: noLabel }), ShapeError);
});
emptyTest("max", { x: [0, 3] }, { shape: [0] }, ({ x }) => ops.max({ x }, { axis: 1 }));
emptyTest("top k", { x: [0, 3] }, { shape: [0, 2] }, ({ x }) => ops.topk({ x }, { k: 2 }).values);
emptyTest("top k", { x: [2, 3] }, { shape: [2, 0] }, ({ x }) => ops.topk({ x }, { k: 0 }).values);
emptyTest("top k", { x: [2, 0] }, { shape: [2, 0] }, ({ x }) => ops.topk({ x }, { k: 0 }).values);
for (const [name, f] of Object.entries({ softmax: ops.softmax, "log softmax": ops.logSoftmax })) {
  emptyTest(name, { x: [0, 3] }, { shape: [0, 3] }, ({ x }) => f({ x }));
  emptyTest(name, { x: [3, 0] }, { shape: [3, 0] }, ({ x }) => f({ x }));
  emptyTest(name, { x: [0, 3] }, { shape: [0, 3] }, ({ x }) => f({ x }, { axis: 0 }));
}

emptyTest("reshape", { x: [0, 3] }, { shape: [4, 0] }, ({ x }) => ops.reshape({ x }, { shape: [4, 0] }));
emptyTest("permute", { x: [2, 0, 3] }, { shape: [3, 2, 0] }, ({ x }) => ops.permute({ x }, { order: [2, 0, 1] }));
emptyTest(
  "permute",
  { x: [2, 0, 3, 4] },
  { shape: [4, 0, 3, 2] },
  ({ x }) => ops.permute({ x }, { order: [3, 1, 2, 0] }),
);
emptyTest("transpose", { x: [2, 0] }, { shape: [0, 2] }, ({ x }) => ops.transpose({ x }));
emptyTest("expand", { x: [1, 2] }, { shape: [0, 2] }, ({ x }) => ops.expand({ x }, { shape: [0, 2] }));
emptyTest("expand", { x: [0, 1] }, { shape: [2, 0, 3] }, ({ x }) => ops.expand({ x }, { shape: [2, 0, 3] }));
emptyTest("concat", { a: [2, 0], b: [2, 0] }, { shape: [2, 0] }, ({ a, b }) => ops.concat([a, b]));
emptyTest(
  "concat",
  { a: [2, 0], b: [2, 2] },
  { shape: [2, 2], value: 0.5, gradient: 1 },
  ({ a, b }) => ops.concat([a, b]),
);
emptyTest("concat", { a: [0, 3], b: [2, 3] }, { shape: [2, 3], value: 0.5, gradient: 1 }, ({ a, b }) => {
  return ops.concat([b, a], { axis: 0 });
});
emptyTest("stack", { a: [0], b: [0] }, { shape: [0, 2] }, ({ a, b }) => ops.stack([a, b]));
emptyTest("slice", { x: [0, 3] }, { shape: [0, 1] }, ({ x }) => ops.slice({ x }, { start: 1, end: 2 }));
emptyTest("slice", { x: [3] }, { shape: [0] }, ({ x }) => ops.slice({ x }, { start: 2, end: 2 }));
emptyTest("slice", { x: [2, 0] }, { shape: [2, 0] }, ({ x }) => ops.slice({ x }, { step: 2 }));
emptyTest("gather", { x: [2, 3] }, { shape: [2, 0] }, ({ x }) => ops.gather({ x, index: engine.indices([2, 0], []) }));
emptyTest("gather", { x: [2, 3] }, { shape: [0, 3] }, ({ x }) => ops.gather({ x, index: engine.indices([0, 3], []) }));
emptyTest(
  "index select",
  { x: [2, 3] },
  { shape: [2, 0] },
  ({ x }) => ops.indexSelect({ x, index: engine.indices([0], []) }),
);
emptyTest(
  "index select",
  { x: [0, 3] },
  { shape: [0, 2] },
  ({ x }) => ops.indexSelect({ x, index: engine.indices([2], [1, 0]) }),
);
emptyTest(
  "embedding",
  { weight: [4, 3] },
  { shape: [0, 3] },
  ({ weight }) => ops.embedding({ weight, index: engine.indices([0], []) }),
);
emptyTest(
  "embedding",
  { weight: [4, 0] },
  { shape: [2, 0] },
  ({ weight }) => ops.embedding({ weight, index: engine.indices([2], [1, 1]) }),
);

for (const [m, n, k] of [[0, 3, 2], [3, 0, 2], [3, 2, 0], [0, 0, 0]] as const) {
  emptyTest("matmul", { a: [m, k], b: [k, n] }, { shape: [m, n] }, (inputs) => ops.matmul(inputs));
  for (const transposeA of [false, true]) {
    const a = transposeA ? [2, k, m] : [2, m, k];
    emptyTest("matmul", { a, b: [2, n, k] }, { shape: [2, m, n] }, (inputs) => {
      return ops.matmul(inputs, { transposeA, transposeB: true });
    });
    emptyTest("matmul", { a, b: [k, n] }, { shape: [2, m, n] }, (inputs) => ops.matmul(inputs, { transposeA }));
  }
}
emptyTest("matmul", { a: [0, 2, 3], b: [3, 2] }, { shape: [0, 2, 2] }, (inputs) => ops.matmul(inputs));
emptyTest("linear", { x: [0, 3], weight: [2, 3], bias: [2] }, { shape: [0, 2] }, (inputs) => ops.linear(inputs));
emptyTest(
  "linear",
  { x: [0, 3], weight: [0, 3], bias: [0] },
  { shape: [0, 0] },
  (inputs) => ops.linear(inputs, { relu: true }),
);
emptyTest("linear", { x: [0, 3], weight: [2, 3] }, { shape: [0, 2] }, (inputs) => ops.linear(inputs, { gelu: "none" }));
emptyTest("linear", { x: [2, 0], weight: [3, 0] }, { shape: [2, 3] }, (inputs) => ops.linear(inputs));
emptyTest("linear", { x: [2, 0], weight: [3, 0] }, { shape: [2, 3] }, (inputs) => ops.linear(inputs, { gelu: "tanh" }));
Deno.test("empty tensors: a product of width 0 gives the bias", async () => {
  const bias = engine.tensor([2], [1, -2]), weight = engine.full([2, 0], 1), x = engine.full([2, 0], 1);
  assert.deepEqual([...await ops.linear({ x, weight, bias }).data()], [1, -2, 1, -2]);
  assert.deepEqual([...await ops.linear({ x, weight, bias }, { relu: true }).data()], [1, 0, 1, 0]);
  const form = ops.bilinear({ x1: x, x2: engine.full([2, 3], 1), weight: engine.full([2, 0, 3], 1), bias });
  assert.deepEqual([...await form.data()], [1, -2, 1, -2]);
});
for (const [batch, in1, in2, out] of [[0, 2, 3, 4], [2, 0, 3, 4], [2, 3, 0, 4], [2, 3, 2, 0]] as const) {
  const shapes = { x1: [batch, in1], x2: [batch, in2], weight: [out, in1, in2] };
  emptyTest("bilinear", shapes, { shape: [batch, out] }, (inputs) => ops.bilinear(inputs));
}
emptyTest("layer norm", { x: [0, 3], weight: [3], bias: [3] }, { shape: [0, 3] }, (inputs) => ops.layerNorm(inputs));
emptyTest("layer norm", { x: [3, 0], weight: [0], bias: [0] }, { shape: [3, 0] }, (inputs) => ops.layerNorm(inputs));
emptyTest("rms norm", { x: [0, 3], weight: [3] }, { shape: [0, 3] }, (inputs) => ops.rmsNorm(inputs));
emptyTest("gated", { x: [0, 6] }, { shape: [0, 3] }, (inputs) => ops.gated(inputs, { activation: "silu" }));
const running = (channels: number) => ({
  runningMean: engine.full([channels], 0),
  runningVar: engine.full([channels], 1),
});
emptyTest("batch norm", { x: [0, 3], weight: [3], bias: [3] }, { shape: [0, 3] }, (inputs: { x: Tensor }) => {
  return ops.batchNorm({ ...inputs, ...running(3) }, { training: false });
});
emptyTest("batch norm", { x: [3, 0], weight: [0], bias: [0] }, { shape: [3, 0] }, (inputs: { x: Tensor }) => {
  return ops.batchNorm({ ...inputs, ...running(0) }, { training: true });
});

emptyTest("normalize", { x: [0, 3] }, { shape: [0, 3] }, ops.normalize);
emptyTest("normalize", { x: [3, 0] }, { shape: [3, 0] }, ops.normalize);
const { cosineSimilarity, euclideanDistance, pairwiseCosineSimilarity, pairwiseEuclideanDistance } = ops;
for (const [name, f] of Object.entries({ cosineSimilarity, euclideanDistance, mahalanobis: mahalanobis() })) {
  emptyTest(name, { x: [0, 3], y: [0, 3] }, { shape: [0] }, f);
  emptyTest(name, { x: [3, 0], y: [3, 0] }, { shape: [3] }, f);
}
for (
  const [name, f] of Object.entries({
    pairwiseCosineSimilarity,
    pairwiseEuclideanDistance,
    squared: (pairs: ops.RowPairs) => pairwiseEuclideanDistance(pairs, { squared: true }),
  })
) {
  emptyTest(name, { x: [0, 3], y: [2, 3] }, { shape: [0, 2] }, f);
  emptyTest(name, { x: [2, 3], y: [0, 3] }, { shape: [2, 0] }, f);
  emptyTest(name, { x: [2, 0], y: [3, 0] }, { shape: [2, 3] }, f);
}
function mahalanobis() {
  return ({ x, y }: ops.RowPairs) => ops.mahalanobisSquared({ x, y, m: engine.full([x.shape[1]!], 1) });
}
for (const [n, m, d] of [[0, 2, 3], [2, 0, 3], [2, 3, 0]] as const) {
  for (const form of ["l", "m", "diagonal"]) {
    const matrix = form === "diagonal" ? [d] : [d, d];
    const shapes = { x: [n, d], y: [m, d], [form === "l" ? "l" : "m"]: matrix };
    emptyTest(`pairwise Mahalanobis (${form})`, shapes, { shape: [n, m] }, ops.pairwiseMahalanobisSquared);
  }
}
for (const axis of [0, 1]) {
  emptyTest("l21 norm", { x: [0, 3] }, { shape: [] }, ({ x }) => ops.l21Norm({ x }, { axis }));
}
emptyTest("expected score", { probabilities: [0, 3] }, { shape: [0] }, ops.expectedScore);
emptyTest("expected score", { probabilities: [3, 0] }, { shape: [3] }, ops.expectedScore);
emptyTest("cumulative probabilities", { logits: [0, 3] }, { shape: [0, 3] }, ops.cumulativeProbabilities);
emptyTest("cumulative probabilities", { logits: [3, 0] }, { shape: [3, 0] }, ops.cumulativeProbabilities);

for (const [batch, queries, keys] of [[0, 2, 3], [2, 0, 3], [2, 3, 0]] as const) {
  const shapes = { q: [batch, 2, queries, 4], k: [batch, 2, keys, 4], v: [batch, 2, keys, 4] };
  emptyTest("attention", shapes, { shape: [batch, 2, queries, 4] }, (inputs) => ops.scaledDotProductAttention(inputs));
  const inputs = { q: [batch, queries, 8], kv: [batch, keys, 16] };
  emptyTest(
    "cross attention",
    inputs,
    { shape: [batch, queries, 8] },
    (inputs) => ops.crossAttention(inputs, { heads: 2 }),
  );
}
emptyTest(
  "self attention",
  { qkv: [0, 2, 12] },
  { shape: [0, 2, 4] },
  (inputs) => ops.selfAttention(inputs, { heads: 2 }),
);
emptyTest(
  "self attention",
  { qkv: [2, 0, 12] },
  { shape: [2, 0, 4] },
  (inputs) => ops.selfAttention(inputs, { heads: 2 }),
);

for (const [reduction, shape, value] of [["none", [0], 0], ["sum", [], 0], ["mean", [], NaN]] as const) {
  const losses = { mseLoss: ops.mseLoss, l1Loss: ops.l1Loss, huberLoss: ops.huberLoss };
  const target = () => engine.tensor([0], []), classes = () => engine.indices([0], []);
  const expected = { shape, value };
  for (const [name, f] of Object.entries(losses)) {
    emptyTest(`${name} (${reduction})`, { prediction: [0] }, expected, ({ prediction }) => {
      return f({ prediction, target: target() }, { reduction });
    });
  }
  emptyTest(`heteroscedastic (${reduction})`, { prediction: [0, 2] }, expected, ({ prediction }) => {
    return ops.heteroscedasticLoss({ prediction, target: target() }, { reduction });
  });
  emptyTest(
    `Gaussian (${reduction})`,
    { mean: [0], variance: [0] },
    expected,
    (inputs: { mean: Tensor; variance: Tensor }) => {
      return ops.gaussianNllLoss({ ...inputs, target: target() }, { reduction });
    },
  );
  const { crossEntropyLoss, focalLoss, ordinalLoss } = ops;
  for (const [name, f] of Object.entries({ crossEntropyLoss, focalLoss, ordinalLoss })) {
    emptyTest(`${name} (${reduction})`, { logits: [0, 3] }, expected, ({ logits }) => {
      return f({ logits, target: classes() }, { reduction });
    });
  }
  emptyTest(`hybrid (${reduction})`, { logits: [0, 3] }, expected, ({ logits }) => {
    return ops.hybridLoss({ logits, target: classes(), score: target() }, { reduction });
  });
  for (const [name, f] of Object.entries({ contrastive: ops.contrastiveLoss, cosine: ops.cosineEmbeddingLoss })) {
    emptyTest(`${name} (${reduction})`, { x: [0, 3], y: [0, 3] }, expected, (inputs: ops.RowPairs) => {
      return f({ ...inputs, target: target() }, { reduction });
    });
  }
  const rows = { anchor: [0, 3], positive: [0, 3] };
  emptyTest(`triplet margin (${reduction})`, { ...rows, negative: [0, 3] }, expected, (inputs) => {
    return ops.tripletMarginLoss(inputs, { reduction });
  });
}

Deno.test("empty tensors: the greatest of nothing is refused", () => {
  const x = engine.tensor([2, 0], []);
  for (const f of [ops.max, ops.argmax]) {
    assert.throws(() => f({ x }, { axis: 1 }), ShapeError);
    assert.throws(() => f({ x }), ShapeError);
  }
  assert.throws(() => ops.topk({ x }, { k: 1 }), ShapeError);
});

Deno.test("empty tensors: optimisers step over an empty parameter", async () => {
  const one = (shape: Shape, name: string) =>
    new ops.Parameter(engine, shape, new Float32Array(elementCount(shape)).fill(1), name);
  for (const make of [ops.Adam, ops.AdamW, ops.SGD, ops.RMSprop, ops.Adagrad]) {
    const none = one([0, 3], "none"), some = one([2], "some");
    for (const parameters of [[none], [none, some], [some, none]]) {
      const optimizer = new make(parameters, { lr: 0.5 });
      engine.scope(() => {
        optimizer.zeroGrad();
        for (const x of parameters) ops.backward(ops.sum({ x }));
        optimizer.step();
      });
      assert.deepEqual([...await none.data()], []);
      await optimizer.stateDict();
      optimizer.dispose();
    }
    assert.ok((await some.data()).every((value) => value < 1), make.name);
    none.dispose();
    some.dispose();
  }
});
