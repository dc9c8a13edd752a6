import assert from "node:assert/strict";
import * as M from "../../engine/mod.ts";
import { elementCount, type Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

type Inputs = Readonly<Record<string, Tensor>>;
type Shapes = Readonly<Record<string, Shape>>;

/** Other values of an input element, on both sides of every kink. */
const others = [-3, -0.7, 0.45, 4];

/** Elements of an input that are tried. */
const places = (size: number) => size <= 5 ? [...Array(size).keys()] : [0, 1, size >> 1, size - 2, size - 1];

/** Values and gradients for inputs, flat and by name; for many sets of inputs with one wait. */
async function runAll(
  shapes: Shapes,
  sets: readonly Readonly<Record<string, Float32Array>>[],
  f: (inputs: never) => Tensor,
): Promise<Map<string, Float32Array>[]> {
  const runs = sets.map((data) => {
    const leaves = Object.entries(shapes).map(([name, shape]) => new M.Parameter(engine, shape, data[name]!, name));
    const y = engine.scope(() => {
      const y = (f as (inputs: Inputs) => Tensor)(Object.fromEntries(leaves.map((leaf) => [leaf.name, leaf])));
      M.backward(y, engine.full(y.shape, 1));
      return y;
    });
    return { leaves, y };
  });
  const results = runs.map(({ leaves, y }) => [y, ...leaves.filter(({ hasGrad }) => hasGrad).map(({ grad }) => grad)]);
  const values = await engine.read(results.flat());
  for (const { leaves, y } of runs) [y, ...leaves].forEach((tensor) => tensor.dispose());
  return results.map((tensors) => new Map(tensors.map(({ name }, i) => [i === 0 ? "value" : name, values.shift()!])));
}

/**
 * Checks that NaN goes wherever its element matters: what changes when an input element does is NaN when that is. Of
 * functions with kinks the gradient is left out: it changes with x, but is one of a few numbers.
 */
function nanTest(
  name: string,
  shapes: Shapes,
  f: (inputs: never) => Tensor,
  { positive = [], kinked = false }: { positive?: readonly string[]; kinked?: boolean } = {},
): void {
  const given = Object.values(shapes).map((shape) => `[${shape}]`).join(", ");
  Deno.test(`NaN: ${name} of ${given} loses none`, async () => {
    const data = Object.fromEntries(
      Object.entries(shapes).map(([input, shape], i) => {
        const values = uniforms(elementCount(shape), i + 1);
        return [input, positive.includes(input) ? values.map((value) => Math.abs(value) + 0.1) : values];
      }),
    );
    const [before] = await runAll(shapes, [data], f);
    for (const [input, values] of Object.entries(data)) {
      const numbers = [NaN, ...others.map((value) => positive.includes(input) ? Math.abs(value) : value)];
      const tried = places(values.length);
      const sets = tried.flatMap((at) => numbers.map((value) => ({ ...data, [input]: values.with(at, value) })));
      const runs = await runAll(shapes, sets, f);
      for (const at of tried) {
        const [found, ...changed] = runs.splice(0, numbers.length);
        for (const [result, elements] of found!) {
          if (kinked && result !== "value") continue;
          elements.forEach((value, i) => {
            if (changed.every((one) => Object.is(one.get(result)![i], before!.get(result)![i]))) return;
            assert.ok(Number.isNaN(value), `NaN at ${input} ${at}: ${result} ${i} is ${value}`);
          });
        }
      }
    }
  });
}

// 5 columns and 8: rows that are read one number at a time, and four.
for (const c of [5, 8]) {
  const two = { a: [2, c], b: [2, c] }, x = [2, c], rows = { x, y: [2, c] }, all = { x, y: [3, c] };
  const { add, subtract, multiply, divide } = M;
  for (const [name, f] of Object.entries({ add, subtract, multiply, divide })) nanTest(name, two, f);
  const { square, exp, tanh, sigmoid, softplus, silu, gelu, log, sqrt, abs, relu } = M;
  for (const [name, f] of Object.entries({ square, exp, tanh, sigmoid, softplus, silu, gelu })) nanTest(name, { x }, f);
  for (const [name, f] of Object.entries({ log, sqrt })) nanTest(name, { x }, f, { positive: ["x"] });
  for (const [name, f] of Object.entries({ abs, relu })) nanTest(name, { x }, f, { kinked: true });
  nanTest("clamp", { x }, ({ x }) => M.clamp({ x }, { min: -0.5, max: 0.5 }), { kinked: true });
  nanTest("dropout", { x }, ({ x }) => {
    engine.random.step = 4;
    engine.random.nextStep();
    return M.dropout({ x }, { p: 0.3 });
  });
  for (const axis of [0, 1, null]) {
    const { sum, mean, max, logsumexp } = M, kinked = true;
    for (const [name, f] of Object.entries({ sum, mean, logsumexp })) {
      nanTest(name, { x }, ({ x }) => f({ x }, { axis }));
    }
    nanTest(`max along ${axis}`, { x }, ({ x }) => max({ x }, { axis }), { kinked });
  }
  for (const axis of [0, 1]) {
    nanTest(`softmax along ${axis}`, { x }, ({ x }) => M.softmax({ x }, { axis }));
    nanTest(`log softmax along ${axis}`, { x }, ({ x }) => M.logSoftmax({ x }, { axis }));
    nanTest(`l21 norm along ${axis}`, { x }, ({ x }) => M.l21Norm({ x }, { axis }));
  }
  nanTest("matmul", { a: [3, c], b: [c, 4] }, M.matmul);
  nanTest("matmul by tiles", { a: [9, c], b: [c, 16] }, M.matmul);
  const layer = { x: [3, c], weight: [4, c], bias: [4] }, large = { x: [9, c], weight: [16, c], bias: [16] };
  for (const shapes of [layer, large]) {
    nanTest("linear", shapes, M.linear);
    nanTest("linear with relu", shapes, (inputs) => M.linear(inputs, { relu: true }), { kinked: true });
    for (const gelu of ["none", "tanh"] as const) {
      nanTest(`linear with GELU (${gelu})`, shapes, (inputs) => M.linear(inputs, { gelu }));
    }
  }
  nanTest("bilinear", { x1: [2, 3], x2: [2, c], weight: [2, 3, c], bias: [2] }, M.bilinear);
  const norm = { x: [4, c], weight: [c], bias: [c] };
  nanTest("layer norm", norm, M.layerNorm);
  nanTest("rms norm", { x: [4, c], weight: [c] }, M.rmsNorm);
  for (const activation of ["gelu", "gelu_tanh", "silu"] as const) {
    nanTest(`gated ${activation}`, { x: [3, 2 * c] }, (inputs) => M.gated(inputs, { activation }));
  }
  nanTest("layer norm with relu", norm, (inputs) => M.layerNorm(inputs, { relu: true }), { kinked: true });
  const batchNorm = (inputs: Pick<M.BatchNormInputs, "x">, options: M.BatchNormOptions) =>
    M.batchNorm({ ...inputs, runningMean: engine.full([c], 0), runningVar: engine.full([c], 1) }, options);
  for (const training of [true, false]) {
    const name = `batch norm (${training ? "training" : "evaluation"})`;
    nanTest(name, norm, (inputs) => batchNorm(inputs, { training }));
    nanTest(`${name} with relu`, norm, (inputs) => batchNorm(inputs, { training, relu: true }), { kinked: true });
  }
  nanTest("normalize", { x }, M.normalize);
  nanTest("cosine similarity", rows, M.cosineSimilarity);
  nanTest("pairwise cosine similarity", all, M.pairwiseCosineSimilarity);
  nanTest("Euclidean distance", rows, M.euclideanDistance);
  nanTest("pairwise Euclidean distance", all, M.pairwiseEuclideanDistance);
  nanTest("pairwise squared distance", all, (pairs) => M.pairwiseEuclideanDistance(pairs, { squared: true }));
  nanTest("Mahalanobis distance", { ...rows, l: [3, c] }, M.mahalanobisSquared);
  nanTest("pairwise Mahalanobis distance", { ...all, m: [c, c] }, M.pairwiseMahalanobisSquared);
  nanTest("pairwise Mahalanobis distance", { ...all, m: [c] }, M.pairwiseMahalanobisSquared);
  nanTest("expected score", { probabilities: x }, M.expectedScore);
  nanTest("cumulative probabilities", { logits: x }, M.cumulativeProbabilities, { kinked: true });
  for (const tokens of [3, 9]) {
    const [q, k] = [[1, 2, tokens, c], [1, 2, tokens + 1, c]];
    nanTest("attention", { q: q!, k: k!, v: k! }, M.scaledDotProductAttention);
  }
  const metric = { z: [2, 4], basis: [3, c], weight: [c, 4], bias: [c] };
  nanTest("SCML features", { x: [2, 3], ...metric }, M.scmlFeatures);
  nanTest("SCML distance", { x: [2, 3], y: [2, 3], ...metric }, M.scmlLocalDistance);

  for (const reduction of ["none", "mean"] as const) {
    const pair = { prediction: [c], target: [c], weight: [c] }, kinked = true;
    nanTest("mse loss", pair, (inputs) => M.mseLoss(inputs, { reduction }), { kinked });
    nanTest("l1 loss", pair, (inputs) => M.l1Loss(inputs, { reduction }), { kinked });
    nanTest("huber loss", pair, (inputs) => M.huberLoss(inputs, { reduction, delta: 0.5 }), { kinked });
    const target = () => engine.tensor([c], uniforms(c, 9)), classes = () => engine.indices([2], [1, 3]);
    nanTest("heteroscedastic loss", { prediction: [c, 2] }, ({ prediction }) => {
      return M.heteroscedasticLoss({ prediction, target: target() }, { reduction });
    }, { kinked });
    const positive = ["variance"];
    nanTest("Gaussian loss", { mean: [c], variance: [c] }, (inputs: { mean: Tensor; variance: Tensor }) => {
      return M.gaussianNllLoss({ ...inputs, target: target() }, { reduction });
    }, { positive });
    const { crossEntropyLoss, focalLoss, ordinalLoss } = M;
    for (const [name, f] of Object.entries({ crossEntropyLoss, focalLoss, ordinalLoss })) {
      nanTest(name, { logits: x }, ({ logits }) => f({ logits, target: classes() }, { reduction }));
    }
    nanTest("hybrid loss", { logits: x, score: [2] }, (inputs: { logits: Tensor; score: Tensor }) => {
      return M.hybridLoss({ ...inputs, target: classes() }, { reduction });
    });
    for (const margin of [1, -5]) {
      const triplet = { anchor: x, positive: x, negative: x };
      nanTest("triplet loss", triplet, (inputs) => M.tripletMarginLoss(inputs, { reduction, margin }), { kinked });
    }
    const signs = () => engine.tensor([2], [1, -1]);
    for (const [name, f] of Object.entries({ contrastive: M.contrastiveLoss, cosine: M.cosineEmbeddingLoss })) {
      nanTest(name, rows, (pairs: M.RowPairs) => f({ ...pairs, target: signs() }, { reduction }), { kinked });
    }
  }
}

Deno.test("NaN: the greatest element is NaN where there is one, and argmax names its place", async () => {
  for (const row of [[1, NaN, 3, 2], [NaN, 1, 2, 3, 4], [1, 2, 3, 4, NaN, 5, 6, 7]]) {
    const x = engine.tensor([1, row.length], row), at = row.findIndex(Number.isNaN);
    assert.deepEqual([...await M.max({ x }, { axis: 1 }).data()], [NaN]);
    assert.deepEqual([...await M.argmax({ x }, { axis: 1 }).data()], [at]);
    const { values, indices } = M.topk({ x }, { k: 1 });
    assert.deepEqual([...await values.data(), ...await indices.data()], [NaN, at]);
  }
});
