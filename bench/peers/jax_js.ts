/** The shared work in jax-js, on WebGPU. */
import {
  type Array as JaxArray,
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from "@jax-js/jax";
import { type Run, serve } from "./serve.ts";
import { type AttentionWork, type ElementsOperation, mlp, type RowWork, type SharedWork } from "./work.ts";

type Arrays = Record<string, JaxArray>;

await init();
defaultDevice("webgpu");
await serve((work) => {
  switch (work.kind) {
    case "matmul":
      return matmul(work);
    case "elements":
      return elements(work);
    case "mlp-step":
      return Promise.resolve(mlpStep());
    case "softmax":
    case "layer-norm":
      return rowWork(work);
    case "attention":
    case "attention-layer":
      return attention(work);
    default:
      throw new Error(`${work.kind} is not written for this peer.`);
  }
});

async function matmul({ m, n, k, transposeA, transposeB }: SharedWork & { kind: "matmul" }): Promise<Run> {
  const a = random.normal(random.key(1), transposeA ? [k, m] : [m, k]);
  const b = random.normal(random.key(2), transposeB ? [n, k] : [k, n]);
  await blockUntilReady([a, b]);
  const product = () =>
    np.matmul(transposeA ? np.matrixTranspose(a.ref) : a.ref, transposeB ? np.matrixTranspose(b.ref) : b.ref);
  return async (rounds) => {
    // A result that nobody asks for would not be computed.
    const products = Array.from({ length: rounds }, product);
    await blockUntilReady(products);
    for (const each of products) each.dispose();
  };
}

/** Results that nobody asks for would not be computed: all are kept until the end. */
function keepAll(once: () => JaxArray[]): Run {
  return async (rounds) => {
    const results = Array.from({ length: rounds }, once);
    await blockUntilReady(results);
    for (const each of results.flat()) each.dispose();
  };
}

async function rowWork({ kind, rows, columns }: RowWork): Promise<Run> {
  const x = random.normal(random.key(1), [rows, columns]);
  const weight = random.normal(random.key(2), [columns]), bias = random.normal(random.key(3), [columns]);
  await blockUntilReady([x, weight, bias]);
  const layerNorm = jit((x: JaxArray, weight: JaxArray, bias: JaxArray) =>
    nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias)
  );
  const softmax = jit((x: JaxArray) => nn.softmax(x, -1));
  return keepAll(() => [kind === "softmax" ? softmax(x.ref) : layerNorm(x.ref, weight.ref, bias.ref)]);
}

async function attention({ kind, batch, tokens, width, heads }: AttentionWork): Promise<Run> {
  const size = width / heads, deviation = 1 / Math.sqrt(width);
  const normal = (i: number, shape: number[]) => random.normal(random.key(i), shape);
  const dy = normal(0, kind === "attention" ? [batch, tokens, heads, size] : [batch, tokens, width]);
  if (kind === "attention") {
    const inputs = [1, 2, 3].map((i) => normal(i, [batch, tokens, heads, size])) as [JaxArray, JaxArray, JaxArray];
    await blockUntilReady([dy, inputs]);
    const step = jit((q: JaxArray, k: JaxArray, v: JaxArray, dy: JaxArray) =>
      valueAndGrad((q: JaxArray, k: JaxArray, v: JaxArray, dy: JaxArray) =>
        np.sum(nn.dotProductAttention(q, k, v).mul(dy)), { argnums: [0, 1, 2] })(q, k, v, dy)
    );
    return keepAll(() => {
      const [value, gradients] = step(inputs[0].ref, inputs[1].ref, inputs[2].ref, dy.ref) as [JaxArray, JaxArray[]];
      return [value, ...gradients];
    });
  }
  const given: Arrays = {
    x: normal(1, [batch, tokens, width]),
    inWeight: normal(2, [width, 3 * width]).mul(deviation),
    inBias: normal(3, [3 * width]),
    outWeight: normal(4, [width, width]).mul(deviation),
    outBias: normal(5, [width]),
  };
  await blockUntilReady([dy, given]);
  const layer = ({ x, inWeight, inBias, outWeight, outBias }: Arrays, dy: JaxArray) => {
    const qkv = np.matmul(x!, inWeight!).add(inBias!);
    const [q, k, v] = np.split(qkv, 3, -1).map((one) => one.reshape([batch, tokens, heads, size]));
    const y = nn.dotProductAttention(q!, k!, v!).reshape([batch, tokens, width]);
    return np.sum(np.matmul(y, outWeight!).add(outBias!).mul(dy));
  };
  const step = jit((given: Arrays, dy: JaxArray) => valueAndGrad(layer)(given, dy));
  return keepAll(() => {
    const [value, gradients] = step(tree.ref(given), dy.ref) as [JaxArray, Arrays];
    return [value, ...Object.values(gradients)];
  });
}

async function elements({ operation, rows, columns }: SharedWork & { kind: "elements" }): Promise<Run> {
  const x = random.normal(random.key(1), [rows, columns]), y = random.normal(random.key(2), [rows, columns]);
  await blockUntilReady([x, y]);
  const functions: Record<ElementsOperation, () => JaxArray> = {
    logsumexp: () => nn.logsumexp(x.ref, -1),
    max: () => np.max(x.ref, -1),
    "row sums": () => np.sum(x.ref, -1),
    sum: () => np.sum(x.ref),
    gelu: () => nn.gelu(x.ref, { approximate: false }),
    multiply: () => x.ref.mul(y.ref),
  };
  const run = jit(functions[operation]);
  return async (rounds) => {
    const results = Array.from({ length: rounds }, () => run());
    await blockUntilReady(results);
    for (const each of results) each.dispose();
  };
}

function mlpStep(): Run {
  const { widths, batch, learningRate } = mlp;
  const last = widths.at(-1)!;
  let parameters: Arrays = {
    skip: random.normal(random.key(10), [widths[0], last]).mul(0.02),
    out: random.normal(random.key(11), [last, 1]).mul(0.06),
    outBias: np.zeros([1]),
  };
  widths.slice(1).forEach((width, i) => {
    const deviation = Math.sqrt(2 / widths[i]!);
    parameters[`weight${i}`] = random.normal(random.key(i), [widths[i]!, width]).mul(deviation);
    parameters[`bias${i}`] = np.zeros([width]);
  });
  const x = random.normal(random.key(20), [batch, widths[0]]);
  const target = random.uniform(random.key(21), [batch, 1]).mul(10);
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, each]) => [name, np.zeros(each.shape)]));
  let first: Arrays = zeros(), second: Arrays = zeros(), loss: JaxArray;

  const gradients = valueAndGrad((parameters: Arrays, x: JaxArray, target: JaxArray) => {
    let hidden = x.ref;
    for (let i = 0; i + 1 < widths.length; i++) {
      hidden = nn.relu(np.matmul(hidden, parameters[`weight${i}`]!).add(parameters[`bias${i}`]!));
    }
    hidden = hidden.add(np.matmul(x, parameters.skip!));
    return np.mean(np.square(np.matmul(hidden, parameters.out!).add(parameters.outBias!).sub(target)));
  });
  const step = jit((parameters: Arrays, first: Arrays, second: Arrays, x: JaxArray, target: JaxArray) => {
    const [loss, slopes] = gradients(tree.ref(parameters), x, target) as [JaxArray, Arrays];
    const newParameters: Arrays = {}, newFirst: Arrays = {}, newSecond: Arrays = {};
    for (const [name, slope] of Object.entries(slopes)) {
      const m = newFirst[name] = first[name]!.mul(0.9).add(slope.ref.mul(0.1));
      const v = newSecond[name] = second[name]!.mul(0.999).add(np.square(slope).mul(0.001));
      newParameters[name] = parameters[name]!.sub(m.ref.mul(learningRate).div(np.sqrt(v.ref).add(1e-8)));
    }
    return [newParameters, newFirst, newSecond, loss] as [Arrays, Arrays, Arrays, JaxArray];
  });
  return async (rounds) => {
    for (let i = 0; i < rounds; i++) {
      loss?.dispose();
      [parameters, first, second, loss] = step(parameters, first, second, x.ref, target.ref);
    }
    await blockUntilReady([loss, parameters]);
  };
}
