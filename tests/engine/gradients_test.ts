import {
  add,
  batchNorm,
  bilinear,
  clamp,
  concat,
  divide,
  dropout,
  elementwise,
  embedding,
  expand,
  gated,
  gather,
  gaussianNllLoss,
  gelu,
  heteroscedasticLoss,
  huberLoss,
  indexSelect,
  l1Loss,
  layerNorm,
  linear,
  logSoftmax,
  logsumexp,
  maskedDropout,
  matmul,
  max,
  mean,
  mseLoss,
  multiply,
  normalize,
  permute,
  reshape,
  rmsNorm,
  rotary,
  selfAttention,
  slice,
  softmax,
  stack,
  subtract,
  sum,
  topk,
  transpose,
} from "../../engine/mod.ts";
import { elementCount, type Shape } from "../../engine/tensors/storage.ts";
import { elementwiseFunctions, type FunctionRow, type UnaryFunction } from "../../kernels/elementwise/functions.ts";
import { checkGradients, type Point, type TensorFunction } from "./finite_differences.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

/** A point whose elements are random, or far from kinks where the caller says which. */
function at<Name extends string>(
  shapes: Readonly<Record<Name, Shape>>,
  given: Partial<Record<Name, readonly number[]>> = {},
): Record<Name, Point[string]> {
  const names = Object.keys(shapes) as Name[];
  return Object.fromEntries(names.map((name, i) => {
    const shape = shapes[name];
    return [name, { shape, data: Float32Array.from(given[name] ?? uniforms(elementCount(shape), i + 1)) }];
  })) as Record<Name, Point[string]>;
}

function gradientTest<P extends Point>(name: string, point: P, f: TensorFunction<P>): void {
  Deno.test(`gradients: ${name} equals finite differences`, () => checkGradients(engine, point, f));
}

const pair = { a: [3, 5], b: [3, 5] } as const;
gradientTest("add", at(pair), add);
gradientTest("subtract", at(pair), subtract);
gradientTest("multiply", at(pair), multiply);
const apart = [0.7, -1.3, 0.4, 1.6, -0.5, 2.1, -1.7, 0.9, -0.8, 1.1, 2.6, -2.3];
const denominators = apart.slice(0, 5);
for (const [name, operation] of Object.entries({ add, subtract, multiply, divide })) {
  const far = { b: denominators };
  gradientTest(`${name} of a row and a column`, at({ a: [3, 1], b: [5] }, far), operation);
  gradientTest(`${name} of inner axes`, at({ a: [2, 3, 2], b: [5, 1, 1, 1] }, far), operation);
  gradientTest(`${name} with a scalar`, at({ a: [2, 3], b: [] }, { b: [1.3] }), operation);
}
gradientTest("divide", at(pair, { b: Array.from({ length: 15 }, (_, i) => (i % 2 ? 1 : -1) * (1 + i / 10)) }), divide);

for (const [name, f] of Object.entries({ ...elementwise, gelu })) {
  const { domain }: FunctionRow = elementwiseFunctions[name as UnaryFunction];
  gradientTest(
    name,
    at({ x: [3, 4] }, { x: domain === "positive" ? apart.map(Math.abs) : apart }),
    ({ x }) => f({ x }),
  );
}
gradientTest("gelu by tanh", at({ x: [3, 4] }, { x: apart }), ({ x }) => gelu({ x }, { approximate: "tanh" }));
gradientTest("clamp", at({ x: [3, 4] }, { x: apart }), ({ x }) => clamp({ x }, { min: -1, max: 1.5 }));
for (const [name, f] of Object.entries({ sum, mean, max, logsumexp })) {
  const point = at({ x: [2, 3, 2] }, { x: apart });
  gradientTest(`${name} of all`, point, ({ x }) => f({ x }));
  for (const axis of [0, 1, -1]) gradientTest(`${name} along axis ${axis}`, point, ({ x }) => f({ x }, { axis }));
  gradientTest(`${name}, axis kept`, point, ({ x }) => f({ x }, { axis: 1, keepdim: true }));
}
for (const [name, f] of Object.entries({ softmax, logSoftmax })) {
  gradientTest(name, at({ x: [2, 3, 2] }, { x: apart }), ({ x }) => f({ x }));
  gradientTest(`${name} along axis 0`, at({ x: [3, 4] }, { x: apart }), ({ x }) => f({ x }, { axis: 0 }));
}
gradientTest("reshape", at({ x: [3, 4] }), ({ x }) => reshape({ x }, { shape: [2, 6] }));
gradientTest("concat of three widths", at({ a: [3, 1], b: [3, 4], c: [3, 2] }), ({ a, b, c }) => concat([a, b, c]));
for (const axis of [0, 1]) {
  const parts = at({ a: [2, 3, 2].with(axis, 1), b: [2, 3, 2] });
  gradientTest(`concat along axis ${axis}`, parts, ({ a, b }) => concat([a, b, a], { axis }));
}
for (const axis of [0, 1, -1]) {
  const point = at({ a: [2, 3], b: [2, 3] });
  gradientTest(`stack along axis ${axis}`, point, ({ a, b }) => stack([a, b], { axis }));
}
gradientTest("slice of inner columns", at({ x: [3, 7] }), ({ x }) => slice({ x }, { start: 2, end: 5 }));
gradientTest("slice of inner rows", at({ x: [2, 5, 2] }), ({ x }) => slice({ x }, { axis: 1, start: 1, end: -1 }));
gradientTest("slice with a step", at({ x: [2, 5, 2] }), ({ x }) => slice({ x }, { axis: 1, start: 1, step: 2 }));
gradientTest("permute", at({ x: [2, 3, 4] }), ({ x }) => permute({ x }, { order: [1, 0, -1] }));
gradientTest("permute of five axes", at({ x: [2, 2, 3, 2, 2] }), ({ x }) => permute({ x }, { order: [4, 2, 0, 3, 1] }));
gradientTest("transpose", at({ x: [2, 3, 4] }), ({ x }) => transpose({ x }));
gradientTest("expand", at({ x: [3, 1, 2] }), ({ x }) => expand({ x }, { shape: [2, 3, 4, 2] }));
for (const axis of [0, 1]) {
  const picked = [[4, 3], [2, 5]][axis]!, rows = [1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0];
  gradientTest(
    `gather with repeated positions along axis ${axis}`,
    at({ x: [2, 3] }),
    ({ x }) => gather({ x, index: engine.indices(picked, rows.slice(0, picked[0]! * picked[1]!)) }, { axis }),
  );
}
gradientTest(
  "gather by an index that is shorter along other axes",
  at({ x: [3, 4, 2] }),
  ({ x }) => gather({ x, index: engine.indices([2, 3, 1], [3, 0, 3, 1, 1, 2]) }, { axis: 1 }),
);
for (const axis of [0, 1, 2]) {
  gradientTest(
    `index select with repeated positions along axis ${axis}`,
    at({ x: [2, 3, 4] }),
    ({ x }) => indexSelect({ x, index: engine.indices([5], [1, 0, 1, 1, 0]) }, { axis }),
  );
}
for (const axis of [0, 1, -1]) {
  gradientTest(
    `top k along axis ${axis}`,
    at({ x: [2, 3, 2] }, { x: apart }),
    ({ x }) => topk({ x }, { k: 2, axis }).values,
  );
}

for (
  const [layout, a, b, transposeA, transposeB] of [
    ["nn", [3, 5], [5, 4], false, false],
    ["nt", [3, 5], [4, 5], false, true],
    ["tn", [5, 3], [5, 4], true, false],
    ["tt", [5, 3], [4, 5], true, true],
    ["nn batch", [2, 3, 4], [2, 4, 2], false, false],
    ["nt batch", [2, 3, 4], [2, 2, 4], false, true],
    ["tn batch", [2, 4, 3], [2, 4, 2], true, false],
    ["tt batch", [2, 4, 3], [2, 2, 4], true, true],
    ["nn shared b", [2, 3, 4], [4, 2], false, false],
    ["nt shared b", [2, 3, 4], [2, 4], false, true],
    ["tn shared b", [2, 4, 3], [4, 2], true, false],
    ["tt shared b", [2, 4, 3], [2, 4], true, true],
  ] as const
) {
  gradientTest(`matmul ${layout}`, at({ a, b }), ({ a, b }) => matmul({ a, b }, { transposeA, transposeB }));
}

const layer = { x: [4, 5], weight: [3, 5], bias: [3] } as const;
gradientTest("linear", at(layer), (inputs) => linear(inputs));
gradientTest("linear without bias", at({ x: [2, 2, 5], weight: [3, 5] }), (inputs) => linear(inputs));
// Biases larger than |x Wᵀ| keep every unit on one side of the rectifier.
gradientTest("linear with relu", at(layer, { bias: [6, -6, 7] }), (inputs) => linear(inputs, { relu: true }));
gradientTest("linear with GELU", at(layer), (inputs) => linear(inputs, { gelu: "none" }));
gradientTest("linear with GELU by tanh", at(layer), (inputs) => linear(inputs, { gelu: "tanh" }));
gradientTest("linear with GELU by tiles", at({ x: [9, 5], weight: [8, 5], bias: [8] }), (inputs) => {
  return linear(inputs, { gelu: "none" });
});

const form = { x1: [3, 4], x2: [3, 5], weight: [2, 4, 5], bias: [2] } as const;
gradientTest("bilinear", at(form), (inputs) => bilinear(inputs));
gradientTest("bilinear without bias", at({ x1: [2, 1, 3], x2: [2, 1, 2], weight: [2, 3, 2] }), bilinear);

const norm = { x: [3, 7], weight: [7], bias: [7] } as const;
const onAndOff = { bias: [5, -5, 5, -5, 5, -5, 5] };
gradientTest("layer norm", at(norm), (inputs) => layerNorm(inputs));
gradientTest("layer norm without weight and bias", at({ x: [3, 7] }), (inputs) => layerNorm(inputs));
gradientTest("layer norm with a weight alone", at({ x: [3, 7], weight: [7] }), (inputs) => layerNorm(inputs));
for (const shift of [0, 1]) {
  gradientTest(`rms norm, shift ${shift}`, at({ x: [2, 3, 5], weight: [5] }), (inputs) => rmsNorm(inputs, { shift }));
}
for (const activation of ["gelu", "gelu_tanh", "silu"] as const) {
  gradientTest(`gated ${activation}`, at({ x: [2, 3, 10] }), ({ x }) => gated({ x }, { activation }));
}
gradientTest("rotary", at({ x: [2, 3, 15] }), ({ x }) => {
  return rotary({ x, table: engine.tensor([3, 2, 2], uniforms(12, 9)) }, { heads: 2, headSize: 5 });
});
const causal = { before: Infinity, after: 0 }, near = { before: 1, after: 1 };
for (
  const [name, settings] of [["shared keys", {}], ["causal", { window: causal }], ["windowed", {
    window: near,
    scale: 0.7,
  }]] as const
) {
  gradientTest(
    `self-attention, ${name}`,
    at({ qkv: [2, 5, 24] }),
    (inputs) => selfAttention(inputs, { heads: 4, keyHeads: 2, ...settings }),
  );
}
gradientTest("layer norm with a large eps", at(norm), (inputs) => layerNorm(inputs, { eps: 0.5 }));
gradientTest("layer norm with relu", at(norm, onAndOff), (inputs) => layerNorm(inputs, { relu: true }));
gradientTest("layer norm with relu and a fixed dropout", at(norm, onAndOff), (inputs) => {
  fixDraws();
  return layerNorm(inputs, { relu: true, dropout: 0.4 });
});

const shifted = { x: [5, 4], weight: [4], bias: [4] } as const;
/** Running statistics made anew for each call, since training moves them. */
const running = (channels: number) => ({
  runningMean: engine.full([channels], 0.25),
  runningVar: engine.full([channels], 2),
});
for (const training of [true, false]) {
  const name = `batch norm (${training ? "training" : "evaluation"})`;
  gradientTest(name, at(shifted), (inputs) => batchNorm({ ...inputs, ...running(4) }, { training }));
  gradientTest(
    `${name} of three axes`,
    at({ x: [3, 2, 4], weight: [2], bias: [2] }),
    (inputs) => batchNorm({ ...inputs, ...running(2) }, { training }),
  );
  gradientTest(
    `${name} without weight and bias, with a large eps`,
    at({ x: [5, 3] }),
    ({ x }) => batchNorm({ x, ...running(3) }, { training, eps: 0.5 }),
  );
  gradientTest(
    `${name} with relu and a fixed dropout`,
    at(shifted, { bias: [5, -5, 5, -5] }),
    (inputs) => {
      fixDraws();
      return batchNorm({ ...inputs, ...running(4) }, { training, relu: true, dropout: 0.4 });
    },
  );
}

gradientTest("batch norm with relu alone", at(shifted, { bias: [5, -5, 5, -5] }), (inputs) => {
  return batchNorm({ ...inputs, ...running(4) }, { training: true, relu: true });
});
// Rows shorter than eps, and longer ones.
gradientTest("normalize with a large eps", at({ x: [2, 3] }, { x: [0.3, -0.2, 0.4, 2, -1, 1.5] }), ({ x }) => {
  return normalize({ x }, { eps: 1, scale: 2 });
});

gradientTest("dropout with a fixed draw", at({ x: [5, 6] }), ({ x }) => {
  fixDraws();
  return dropout({ x }, { p: 0.4 });
});
gradientTest("dropout with a given mask", at({ x: [2, 5] }), ({ x }) => {
  const mask = engine.indices([2, 5], [1, 0, 0, 1, 1, 0, 1, 1, 0, 1]);
  return maskedDropout({ x, mask }, { p: 0.3 });
});
gradientTest(
  "embedding with repeated rows",
  at({ weight: [4, 3] }),
  ({ weight }) => embedding({ weight, index: engine.indices([2, 3], [2, 0, 2, 3, 2, 0]) }),
);

/** Differences from the target on both sides of every kink, none near one. */
const differences = [0.3, -0.4, 1.7, -2.2, 0.6, -1.5];
const target = uniforms(differences.length, 9);
const prediction = differences.map((difference, i) => target[i]! + difference);
const sampleWeights = [0.5, 2, 1, 0, 3, 1.5];
for (
  const [reduction, weights] of [["none"], ["mean"], ["sum"], ["mean", sampleWeights], ["none", sampleWeights]] as const
) {
  const name = weights ? `${reduction}, weighted` : reduction;
  const others = () => ({
    target: engine.tensor([6], target),
    weight: weights && engine.tensor([6], weights),
  });
  const point = at({ prediction: [6] }, { prediction });
  gradientTest(`mse loss (${name})`, point, (inputs) => mseLoss({ ...inputs, ...others() }, { reduction }));
  gradientTest(`l1 loss (${name})`, point, (inputs) => l1Loss({ ...inputs, ...others() }, { reduction }));
  gradientTest(`huber loss (${name})`, point, (inputs) => huberLoss({ ...inputs, ...others() }, { reduction }));
  gradientTest(
    `huber loss with another delta (${name})`,
    point,
    (inputs) => huberLoss({ ...inputs, ...others() }, { reduction, delta: 2 }),
  );
  const logVariances = [0.5, -1, 12, 1.5, -0.25, 0];
  const both = { prediction: prediction.flatMap((mean, i) => [mean, logVariances[i]!]) };
  gradientTest(
    `heteroscedastic loss (${name}), one variance clamped`,
    at({ prediction: [6, 2] }, both),
    (inputs) => heteroscedasticLoss({ ...inputs, ...others() }, { reduction }),
  );
  gradientTest(
    `Gaussian negative log-likelihood (${name})`,
    at({ mean: [6], variance: [6] }, { mean: prediction, variance: [0.5, 1, 2, 0.75, 1.5, 3] }),
    (inputs) => gaussianNllLoss({ ...inputs, ...others() }, { reduction }),
  );
}

/** Makes the next random op draw what it drew the last time. */
function fixDraws(): void {
  engine.random.step = 4;
  engine.random.nextStep();
}
