/** The shared work in TensorFlow.js, on WebGPU. */
import "@tensorflow/tfjs-layers"; // Brings the gradients of all ops.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-cpu";
import { type Run, serve } from "./serve.ts";
import { type AttentionWork, type ElementsOperation, mlp, type RowWork, type SharedWork } from "./work.ts";

await tf.setBackend("webgpu");
await serve((work) => Promise.resolve(prepare(work)));

function prepare(work: SharedWork): Run {
  switch (work.kind) {
    case "matmul":
      return matmul(work);
    case "elements":
      return elements(work);
    case "mlp-step":
      return mlpStep();
    case "softmax":
    case "layer-norm":
      return rowWork(work);
    case "attention":
    case "attention-layer":
      return attention(work);
    default:
      throw new Error(`${work.kind} is not written for this peer.`);
  }
}

function matmul({ m, n, k, transposeA, transposeB }: SharedWork & { kind: "matmul" }): Run {
  const a = tf.randomNormal<tf.Rank.R2>(transposeA ? [k, m] : [m, k]);
  const b = tf.randomNormal<tf.Rank.R2>(transposeB ? [n, k] : [k, n]);
  return async (rounds) => {
    let product: tf.Tensor2D | undefined;
    for (let i = 0; i < rounds; i++) {
      product?.dispose();
      product = tf.matMul(a, b, transposeA, transposeB);
    }
    await product?.data();
    product?.dispose();
  };
}

/** Does the work again and again and waits for the last result. */
function repeat(once: () => tf.Tensor[]): Run {
  return async (rounds) => {
    let results: tf.Tensor[] = [];
    for (let i = 0; i < rounds; i++) {
      tf.dispose(results);
      results = once();
    }
    await results.at(-1)?.data();
    tf.dispose(results);
  };
}

function rowWork({ kind, rows, columns }: RowWork): Run {
  const x = tf.randomNormal([rows, columns]), weight = tf.randomNormal([columns]), bias = tf.randomNormal([columns]);
  const layerNorm = () => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
  };
  return repeat(() => [tf.tidy(() => kind === "softmax" ? tf.softmax(x) : layerNorm())]);
}

function attention({ kind, batch, tokens, width, heads }: AttentionWork): Run {
  const size = width / heads, deviation = 1 / Math.sqrt(width);
  const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
    tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size))), v);
  if (kind === "attention") {
    const shape = [batch, heads, tokens, size], dy = tf.randomNormal(shape);
    const inputs = [tf.randomNormal(shape), tf.randomNormal(shape), tf.randomNormal(shape)];
    const gradients = tf.grads((q, k, v) => attend(q!, k!, v!));
    return repeat(() => gradients(inputs, dy));
  }
  const dy = tf.randomNormal([batch * tokens, width]);
  const inputs = [
    tf.randomNormal([batch * tokens, width]),
    tf.randomNormal([width, 3 * width], 0, deviation),
    tf.randomNormal([3 * width]),
    tf.randomNormal([width, width], 0, deviation),
    tf.randomNormal([width]),
  ];
  const gradients = tf.grads((x, inWeight, inBias, outWeight, outBias) => {
    const qkv = tf.split(tf.add(tf.matMul(x!, inWeight!), inBias!), 3, -1);
    const [q, k, v] = qkv.map((one) => tf.transpose(tf.reshape(one, [batch, tokens, heads, size]), [0, 2, 1, 3]));
    const y = tf.reshape(tf.transpose(attend(q!, k!, v!), [0, 2, 1, 3]), [batch * tokens, width]);
    return tf.add(tf.matMul(y, outWeight!), outBias!);
  });
  return repeat(() => gradients(inputs, dy));
}

function elements({ operation, rows, columns }: SharedWork & { kind: "elements" }): Run {
  const x = tf.randomNormal<tf.Rank.R2>([rows, columns]), y = tf.randomNormal<tf.Rank.R2>([rows, columns]);
  const functions: Record<ElementsOperation, () => tf.Tensor> = {
    logsumexp: () => tf.logSumExp(x, 1),
    max: () => tf.max(x, 1),
    "row sums": () => tf.sum(x, 1),
    sum: () => tf.sum(x),
    gelu: () => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    multiply: () => tf.mul(x, y),
  };
  return async (rounds) => {
    let result: tf.Tensor | undefined;
    for (let i = 0; i < rounds; i++) {
      result?.dispose();
      result = tf.tidy(functions[operation]);
    }
    await result?.data();
    result?.dispose();
  };
}

function mlpStep(): Run {
  const { widths, batch, learningRate } = mlp;
  const last = widths.at(-1)!;
  const normal = (rows: number, columns: number, deviation: number) =>
    tf.variable(tf.randomNormal<tf.Rank.R2>([rows, columns], 0, deviation));
  const weights = widths.slice(1).map((width, i) => normal(widths[i]!, width, Math.sqrt(2 / widths[i]!)));
  const biases = widths.slice(1).map((width) => tf.variable(tf.zeros<tf.Rank.R1>([width])));
  const skip = normal(widths[0], last, 0.02), out = normal(last, 1, 0.06), outBias = tf.variable(tf.zeros([1]));
  const x = tf.randomNormal<tf.Rank.R2>([batch, widths[0]]);
  const target = tf.randomUniform<tf.Rank.R2>([batch, 1], 0, 10);
  const optimizer = tf.train.adam(learningRate);
  const loss = (): tf.Scalar => {
    let hidden: tf.Tensor2D = x;
    weights.forEach((weight, i) => hidden = tf.relu(tf.add(tf.matMul(hidden, weight), biases[i]!)));
    hidden = tf.add(hidden, tf.matMul(x, skip));
    return tf.mean(tf.square(tf.sub(tf.add(tf.matMul(hidden, out), outBias), target)));
  };
  return async (rounds) => {
    let value: tf.Scalar | null = null;
    for (let i = 0; i < rounds; i++) {
      value?.dispose();
      value = optimizer.minimize(loss, true);
    }
    await value?.data();
    value?.dispose();
  };
}
