import assert from "node:assert/strict";
import * as ops from "../../engine/mod.ts";
import { backward, float, half, linear, matmul, type Op, Parameter, type Tensor } from "../../engine/mod.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
const able = engine.capabilities.shaderF16;
const suffix = able ? "" : " (skipped: no shader-f16)";

const rounded = (values: Float32Array) => Float32Array.from(Float16Array.from(values));
const shapes = { x: [9, 12], weight: [8, 12] } as const;
const data = { x: uniforms(108, 1), weight: uniforms(96, 2) };
const upstream = uniforms(72, 3);

/** A product's value and the gradients of its operands. */
async function evaluate(product: (x: Tensor, weight: Tensor) => Tensor, values: typeof data) {
  const x = new Parameter(engine, shapes.x, values.x), weight = new Parameter(engine, shapes.weight, values.weight);
  const y = engine.scope(() => {
    const y = product(x, weight);
    backward(y, engine.tensor(y.shape, upstream));
    return y;
  });
  const read = await engine.read([y, x.grad, weight.grad]);
  for (const tensor of [x, weight, y]) tensor.dispose();
  return read;
}

const products: Record<string, (x: Tensor, weight: Tensor) => Tensor> = {
  linear: (x, weight) => linear({ x, weight }),
  matmul: (a, b) => matmul({ a, b }, { transposeB: true }),
};
for (const [name, product] of Object.entries(products)) {
  Deno.test({
    name: `half: ${name} of halves, forward and backward, is that of the rounded numbers${suffix}`,
    ignore: !able,
    fn: async () => {
      const halves = await evaluate((x, weight) => product(half({ x }), half({ x: weight })), data);
      const want = await evaluate(product, { x: rounded(data.x), weight: rounded(data.weight) });
      halves.forEach((values, i) => {
        values.forEach((value, at) => assert.ok(Math.abs(value - want[i]![at]!) < 1e-5, `${i}: ${value}`));
      });
    },
  });
}

const layouts = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })));
for (const name of ["a", "b"] as const) {
  for (const layout of layouts) {
    Deno.test({
      name: `half: a product ${
        JSON.stringify(layout)
      } with ${name} alone as halves has the gradients of the rounded numbers${suffix}`,
      ignore: !able,
      fn: async () => {
        const product = (stored: (x: Tensor, operand: "a" | "b") => Tensor) => (x: Tensor, weight: Tensor) => {
          const a = layout.transposeA ? ops.transpose({ x }) : x;
          const b = layout.transposeB ? weight : ops.transpose({ x: weight });
          return matmul({ a: stored(a, "a"), b: stored(b, "b") }, layout);
        };
        const mixed = await evaluate(product((x, operand) => operand === name ? half({ x }) : x), data);
        const key = name === "a" ? "x" : "weight";
        const want = await evaluate(product((x) => x), { ...data, [key]: rounded(data[key]) });
        mixed.forEach((values, i) => {
          values.forEach((value, at) => assert.ok(Math.abs(value - want[i]![at]!) < 1e-5, `${i}: ${value}`));
        });
      },
    });
  }
}

Deno.test("half: an odd number of elements comes back rounded, and only f32 is taken", async () => {
  const x = engine.tensor([5], [1, 1 / 3, -70000, 2 ** -24, 5]);
  const y = half({ x }), z = float({ x: y });
  const [halves, floats] = await engine.read([y, z]);
  assert.deepEqual(halves, Float32Array.of(1, 0.333251953125, -Infinity, 2 ** -24, 5));
  assert.deepEqual(floats, halves);
  assert.throws(() => half({ x: y }), /half: half is f16, but f32 is expected/);
  assert.throws(() => float({ x }), /float: tensor is f32, but f16 is expected/);
  for (const tensor of [x, y, z]) tensor.dispose();
});

/** Ops without a form for f16, and their inputs. */
const others: Readonly<Record<string, string>> = {
  ...{ abs: "x", argmax: "x", clamp: "x", dropout: "x", exp: "x", expand: "x", gelu: "x", l21Norm: "x", log: "x" },
  ...{ logSoftmax: "x", logsumexp: "x", max: "x", mean: "x", normalize: "x", permute: "x", relu: "x", sigmoid: "x" },
  ...{ silu: "x", slice: "x", softmax: "x", softplus: "x", sqrt: "x", square: "x", sum: "x", tanh: "x", topk: "x" },
  ...{ add: "a b", subtract: "a b", multiply: "a b", divide: "a b", maskedDropout: "x mask" },
  ...{ gather: "x index", indexSelect: "x index", embedding: "weight index" },
  ...{
    layerNorm: "x weight bias",
    rmsNorm: "x weight",
    rotary: "x table",
    gated: "x",
    batchNorm: "x weight bias runningMean runningVariance",
    bilinear: "x1 x2 weight bias",
  },
  ...{ scaledDotProductAttention: "query key value keyMask" },
  ...{ cosineSimilarity: "x y", euclideanDistance: "x y", pairwiseEuclideanDistance: "x y" },
  ...{ expectedScore: "probabilities", cumulativeProbabilities: "logits" },
  ...{
    crossEntropyLoss: "logits target weight",
    hybridLoss: "logits target score weight",
    ordinalLoss: "logits target",
  },
  ...{ focalLoss: "logits target weight", mseLoss: "prediction target weight", l1Loss: "prediction target weight" },
  ...{
    huberLoss: "prediction target",
    heteroscedasticLoss: "prediction target",
    gaussianNllLoss: "mean variance target",
  },
  ...{
    tripletMarginLoss: "anchor positive negative weight",
    contrastiveLoss: "x y target",
    cosineEmbeddingLoss: "x y target",
  },
  ...{ mineTriplets: "distance score" },
};

Deno.test("half: every other op refuses f16, by name", () => {
  const x = engine.tensor([2, 2], [1, 2, 3, 4]), stored = half({ x });
  for (const [name, inputs] of Object.entries(others)) {
    const run = (ops as unknown as Record<string, Op<Record<string, Tensor>, object>>)[name]!;
    const names = inputs.split(" ");
    for (const one of names) {
      const given = Object.fromEntries(names.map((each) => [each, each === one ? stored : x]));
      const message = new RegExp(`: ${one} is f16, but f32 is expected`);
      assert.throws(() => run(given, {}), message, `${name}, ${one}`);
    }
  }
  assert.throws(() => ops.concat([x, stored]), /concat: part 1 is f16/);
  for (const tensor of [x, stored]) tensor.dispose();
});
