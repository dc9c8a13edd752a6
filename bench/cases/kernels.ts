import { dropout } from "../../kernels/dropout/dropout.ts";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { gatherRows } from "../../kernels/embedding/embedding.ts";
import { heteroscedastic } from "../../kernels/loss/heteroscedastic.ts";
import { meanSquaredError } from "../../kernels/loss/pointwise.ts";
import { layerNorm } from "../../kernels/normalization/layer_norm.ts";
import { batchNorm, batchStatistics } from "../../kernels/normalization/batch_norm.ts";
import {
  batchNormBackwardInput,
  batchNormBackwardParameters,
} from "../../kernels/normalization/batch_norm_backward.ts";
import {
  layerNormBackwardInput,
  layerNormBackwardParameters,
} from "../../kernels/normalization/layer_norm_backward.ts";
import { adagrad } from "../../kernels/optimizer/adagrad.ts";
import { adam } from "../../kernels/optimizer/adam.ts";
import { gradientNorm, gradientStatusBytes } from "../../kernels/optimizer/gradient_norm.ts";
import { rmsprop } from "../../kernels/optimizer/rmsprop.ts";
import { sgd } from "../../kernels/optimizer/sgd.ts";
import { softmax } from "../../kernels/reduction/softmax.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import type { BufferSlice } from "../../kernels/launcher.ts";
import type { Case } from "../case.ts";
import { memoryCase, million } from "./memory_case.ts";
import { uniform } from "./numbers.ts";

const rows = 1024, columns = 1024;

/** Copies 64 MiB. */
const copyCase = memoryCase("copy 16M", 2 * 16 * million, (engine, numbers) => {
  const count = 16 * million, x = numbers(count, "zero").slice, y = numbers(count, "zero").slice;
  return () => addScaled(engine.stream, { x, y, count, yFactor: 0 });
});

const softmaxForward: Case = {
  ...memoryCase("softmax 1024x1024", 2 * million, (engine, numbers) => {
    const x = numbers(million).slice, y = numbers(million, "zero").slice;
    return () => softmax(engine.stream, "softmax", { x, y, outer: rows, size: columns, inner: 1 });
  }),
  shared: { kind: "softmax", rows, columns },
};

const layerNormForward: Case = {
  ...memoryCase("layer norm 1024x1024", 2 * million, (engine, numbers) => {
    const y = numbers(million, "zero").slice, statistics = numbers(2 * rows, "zero").slice;
    const x = numbers(million).slice, weight = numbers(columns).slice, bias = numbers(columns).slice;
    return () => layerNorm(engine.stream, { x, weight, bias, y, statistics, rows, columns });
  }),
  shared: { kind: "layer-norm", rows, columns },
};

const layerNormBackward = memoryCase("layer norm backward 1024x1024", 5 * million, (engine, numbers) => {
  const x = numbers(million).slice, dy = numbers(million).slice;
  const statistics = numbers(2 * rows).slice, weight = numbers(columns).slice;
  const dx = numbers(million, "zero").slice;
  const dweight = numbers(columns, "zero").slice, dbias = numbers(columns, "zero").slice;
  return () => {
    layerNormBackwardInput(engine.stream, { x, statistics, weight, dy, dx, rows, columns });
    layerNormBackwardParameters(engine.stream, { x, statistics, dy, dweight, dbias, rows, columns });
  };
});

const batchNormForward = memoryCase("batch norm 1024x1024", 3 * million, (engine, numbers) => {
  const sizes = { batch: 1024, channels: 1024, inner: 1 },
    x = numbers(million).slice,
    y = numbers(million, "zero").slice;
  const [weight, bias, runningMean, runningVariance, mean, variance] = Array.from(
    { length: 6 },
    () => numbers(1024).slice,
  ) as [BufferSlice, BufferSlice, BufferSlice, BufferSlice, BufferSlice, BufferSlice];
  return () => {
    batchStatistics(engine.stream, { ...sizes, x, mean, variance, runningMean, runningVariance });
    batchNorm(engine.stream, { ...sizes, x, mean, variance, weight, bias, y });
  };
});

const batchNormBackward = memoryCase("batch norm backward 1024x1024", 5 * million, (engine, numbers) => {
  const sizes = { batch: 1024, channels: 1024, inner: 1 }, x = numbers(million).slice, dy = numbers(million).slice;
  const mean = numbers(1024, "zero").slice, variance = numbers(1024, "zero").slice, dx = numbers(million, "zero").slice;
  const sums = { dweight: numbers(1024, "zero").slice, dbias: numbers(1024, "zero").slice };
  return () => {
    batchNormBackwardParameters(engine.stream, { ...sizes, x, mean, variance, dy, ...sums });
    batchNormBackwardInput(engine.stream, { ...sizes, x, mean, variance, dy, sums, dx });
  };
});

const dropoutForward = memoryCase("dropout 1M", 2 * million, (engine, numbers) => {
  const x = numbers(million).slice, y = numbers(million, "zero").slice;
  return () => dropout(engine.stream, { x, y, count: million, probability: 0.4, draw: { seed: 1 } });
});

const columnSums = memoryCase("column sums 1024x1024", million, (engine, numbers) => {
  const x = numbers(million).slice, y = numbers(1024, "zero").slice;
  return () => sumColumns(engine.stream, { x, y, rows: 1024, columns: 1024 });
});

const gather: Case = {
  name: "embedding 4096x768",
  bytes: 2 * 4 * 4096 * 768,
  prepare(engine) {
    const rows = 145, columns = 768, count = 4096;
    const table = engine.tensor([rows, columns], uniform(rows * columns, 1));
    const index = engine.indices([count], Array.from({ length: count }, (_, i) => i % rows));
    const y = engine.empty([count, columns]);
    const operands = { table: table.slice, index: index.slice, y: y.slice };
    return {
      round: () => gatherRows(engine.stream, { ...operands, count, rows, columns }),
      dispose: () => [table, index, y].forEach((tensor) => tensor.dispose()),
    };
  },
};

const mse = memoryCase("mse loss 1M", 3 * million, (engine, numbers) => {
  const prediction = numbers(million).slice, target = numbers(million).slice;
  const gradient = numbers(million, "zero").slice, loss = numbers(1, "zero").slice;
  return () => meanSquaredError(engine.stream, { prediction, target, gradient, loss, count: million });
});

const heteroscedasticLoss = memoryCase("heteroscedastic loss 1M", 5 * million, (engine, numbers) => {
  const prediction = numbers(2 * million).slice, target = numbers(million).slice;
  const gradient = numbers(2 * million, "zero").slice, loss = numbers(1, "zero").slice;
  return () => heteroscedastic(engine.stream, { prediction, target, gradient, loss, count: million });
});

/** The update alone: the gradient's norm is measured once, before. */
const adamStep = (millions: number) =>
  memoryCase(`adam ${millions}M`, 7 * millions * million, (engine, numbers) => {
    const count = millions * million, parameter = numbers(count, "zero").slice, gradient = numbers(count, "zero").slice;
    const firstMoment = numbers(count, "zero").slice, secondMoment = numbers(count, "zero").slice;
    const status = numbers(gradientStatusBytes / 4, "zero").slice;
    gradientNorm(engine.stream, { ranges: [{ gradient, count }], status });
    const operands = { parameter, gradient, firstMoment, secondMoment, status };
    return () => adam(engine.stream, { ...operands, count, step: 1, learningRate: 1e-3 });
  });

/** Optimisers that keep one number an element. */
const otherSteps = Object.entries({ adagrad, rmsprop, sgd }).map(([name, step]) =>
  memoryCase(`${name} 1M`, 5 * million, (engine, numbers) => {
    const [parameter, gradient, state] = [0, 1, 2].map(() => numbers(million, "zero").slice) as [
      BufferSlice,
      BufferSlice,
      BufferSlice,
    ];
    const status = numbers(gradientStatusBytes / 4, "zero").slice, count = million;
    gradientNorm(engine.stream, { ranges: [{ gradient, count }], status });
    const states = { squareSum: state, meanSquare: state, velocity: state, momentum: name === "sgd" ? 0.9 : 0 };
    return () => step(engine.stream, { parameter, gradient, status, count, step: 1, learningRate: 1e-3, ...states });
  })
);

const norm = memoryCase("gradient norm 10M", 10 * million, (engine, numbers) => {
  const gradient = numbers(10 * million, "zero").slice, status = numbers(gradientStatusBytes / 4, "zero").slice;
  return () => gradientNorm(engine.stream, { ranges: [{ gradient, count: 10 * million }], status });
});

/** Kernels that are bound by memory; the copy shows what this adapter can do at best. */
export const kernelCases: readonly Case[] = [
  ...[
    copyCase,
    softmaxForward,
    layerNormForward,
    layerNormBackward,
    batchNormForward,
    batchNormBackward,
    dropoutForward,
    columnSums,
    gather,
    mse,
    heteroscedasticLoss,
  ],
  ...[norm, adamStep(1), adamStep(10), ...otherSteps],
];
