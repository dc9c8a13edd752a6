/** The shared work in TensorFlow.js, on WebGPU. */
import "@tensorflow/tfjs-layers"; // Brings the gradients of all ops.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-cpu";
import { type Run, serve } from "./serve.ts";
import { mlp, type SharedWork } from "./work.ts";

await tf.setBackend("webgpu");
await serve((work) => Promise.resolve(work.kind === "matmul" ? matmul(work) : mlpStep()));

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
