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
import { mlp, type SharedWork } from "./work.ts";

type Arrays = Record<string, JaxArray>;

await init();
defaultDevice("webgpu");
await serve((work) => work.kind === "matmul" ? matmul(work) : Promise.resolve(mlpStep()));

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
