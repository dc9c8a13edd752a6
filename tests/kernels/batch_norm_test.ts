import assert from "node:assert/strict";
import { dropoutMaskReference } from "../../kernels/dropout/dropout.ref.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { batchNorm, type BatchNormSizes, batchStatistics } from "../../kernels/normalization/batch_norm.ts";
import {
  batchNormBackwardInput,
  batchNormBackwardParameters,
} from "../../kernels/normalization/batch_norm_backward.ts";
import {
  batchNormBackwardReference,
  batchNormReference,
  batchStatisticsReference,
} from "../../kernels/normalization/batch_norm.ref.ts";
import { wordsReference } from "../../kernels/random/random.ref.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const dropout = { probability: 0.4, draw: { seed: 3, step: 7, use: 2 } };

interface Case {
  batch: number;
  channels: number;
  inner?: number;
  mean?: number;
  affine?: boolean;
  relu?: boolean;
  dropped?: boolean;
  training?: boolean;
}

function close(actual: Float32Array, expected: Float64Array, what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  assertClose(actual, expected, { atol: 4e-6 * largest, what });
}

async function compare(launcher: Launcher, options: Case): Promise<void> {
  const { batch, channels, inner = 1, affine = true, relu = false, dropped = false, training = true } = options;
  const sizes: BatchNormSizes = { batch, channels, inner }, count = batch * channels * inner;
  const text = JSON.stringify(options);
  const x = normals(count, 1, { mean: options.mean ?? 0 }), dy = normals(count, 2);
  const weight = affine ? normals(channels, 3) : undefined, bias = affine ? normals(channels, 4) : undefined;
  const runningMean = normals(channels, 5), runningVariance = normals(channels, 6).map((value) => value ** 2 + 0.1);
  const keep = dropped ? [...dropoutMaskReference(count, dropout)].map((kept) => kept / 0.6) : Array(count).fill(1);
  const own = training ? batchStatisticsReference(x, sizes) : { mean: runningMean, variance: runningVariance };
  const reference = { ...sizes, given: training ? undefined : own, weight, bias, relu, keep };

  const moved = [harness.output(channels, runningMean), harness.output(channels, runningVariance)] as const;
  const mean = harness.output(channels), variance = harness.output(channels);
  const y = harness.output(count), dx = harness.output(count);
  const dweight = harness.output(channels), dbias = harness.output(channels);
  const input = { ...sizes, x: harness.upload(x) };
  if (training) {
    batchStatistics(launcher, { ...input, mean, variance, runningMean: moved[0], runningVariance: moved[1] });
  }
  const used = training ? { mean, variance } : { mean: moved[0], variance: moved[1] };
  const scale = weight && harness.upload(weight);
  batchNorm(launcher, {
    ...input,
    ...used,
    weight: scale,
    bias: bias && harness.upload(bias),
    y,
    relu,
    dropout: dropped ? dropout : undefined,
  });
  const gradients = {
    ...input,
    ...used,
    reluOutput: relu ? y : undefined,
    dropoutProbability: dropped ? dropout.probability : 0,
    dy: harness.upload(dy),
  };
  batchNormBackwardParameters(launcher, { ...gradients, dweight, dbias });
  batchNormBackwardInput(launcher, {
    ...gradients,
    weight: scale,
    sums: training ? { dweight, dbias } : undefined,
    dx,
  });

  const [values, gradient, scaleGradient, shiftGradient] = await harness.read(y, dx, dweight, dbias);
  const backward = batchNormBackwardReference(x, dy, reference);
  close(values, batchNormReference(x, reference), `y of ${text}`);
  close(gradient, backward.dx, `dx of ${text}`);
  close(scaleGradient, backward.dweight, `dweight of ${text}`);
  close(shiftGradient, backward.dbias, `dbias of ${text}`);
  const [means, variances, ...running] = await harness.read(mean, variance, ...moved);
  if (!training) {
    assert.deepEqual(running, [runningMean, runningVariance], "evaluation moved the running statistics");
    return;
  }
  close(means, own.mean as Float64Array, `mean of ${text}`);
  close(variances, own.variance as Float64Array, `variance of ${text}`);
  const unbiased = batch * inner / (batch * inner - 1);
  close(running[0]!, Float64Array.from(runningMean, (old, i) => 0.9 * old + 0.1 * own.mean[i]!), `running of ${text}`);
  close(
    running[1]!,
    Float64Array.from(runningVariance, (old, i) => 0.9 * old + 0.1 * unbiased * own.variance[i]!),
    `running variance of ${text}`,
  );
}

for (const { kind, launcher } of harness.launchers) {
  Deno.test(`batch norm: outputs, gradients and statistics equal the reference (${kind})`, async () => {
    // 192 and 768 are three whole chunks of rows.
    for (
      const [batch, channels] of [[2, 1], [7, 13], [300, 68], [65, 66], [257, 3], [192, 3], [768, 3], [3, 250]] as const
    ) {
      await compare(launcher, { batch, channels });
      await compare(launcher, { batch, channels, training: false });
    }
    for (const [batch, channels, inner] of [[1, 4, 2], [3, 5, 7], [130, 4, 3], [2, 2, 130]] as const) {
      await compare(launcher, { batch, channels, inner });
      await compare(launcher, { batch, channels, inner, training: false });
    }
    await compare(launcher, { batch: 1, channels: 8, training: false });
    await compare(launcher, { batch: 9, channels: 8, affine: false });
    await compare(launcher, { batch: 9, channels: 3, affine: false, training: false });
  });

  Deno.test(`batch norm: a mean of 50 costs no digits (${kind})`, async () => {
    await compare(launcher, { batch: 300, channels: 8, mean: 50 });
    await compare(launcher, { batch: 70, channels: 3, inner: 5, mean: 50 });
  });

  Deno.test(`batch norm: rectifier and dropout in the same pass equal the three steps (${kind})`, async () => {
    for (const training of [true, false]) {
      for (const channels of [8, 7]) {
        await compare(launcher, { batch: 33, channels, relu: true, training });
        await compare(launcher, { batch: 33, channels, relu: true, dropped: true, training });
      }
      await compare(launcher, { batch: 9, channels: 3, inner: 4, relu: true, dropped: true, training });
    }
  });
}

Deno.test("batch norm: a channel of equal values gives 0, and its gradient stays finite", async () => {
  const { launcher } = harness, sizes = { batch: 3, channels: 1, inner: 1 }, x = harness.upload([7, 7, 7]);
  const [mean, variance, dweight, dbias] = [0, 1, 2, 3].map(() => harness.output(1));
  const runningMean = harness.output(1, [0]), runningVariance = harness.output(1, [1]);
  const y = harness.output(3), dx = harness.output(3), used = { mean: mean!, variance: variance! };
  batchStatistics(launcher, { ...sizes, x, ...used, runningMean, runningVariance });
  batchNorm(launcher, { ...sizes, x, ...used, y });
  const sums = { dweight: dweight!, dbias: dbias! }, dy = harness.upload([1, 2, 6]);
  batchNormBackwardParameters(launcher, { ...sizes, x, ...used, dy, ...sums });
  batchNormBackwardInput(launcher, { ...sizes, x, ...used, dy, sums, dx });
  const [values, gradient] = await harness.read(y, dx);
  assert.deepEqual([...values], [0, 0, 0]);
  assertClose(gradient, [-2, -1, 3].map((value) => value / Math.sqrt(1e-5)), { rtol: 1e-5 });
});

Deno.test("batch norm: a NaN spoils its own channel's output only, and no running statistics", async () => {
  const { launcher } = harness, sizes = { batch: 2, channels: 2, inner: 1 }, x = harness.upload([NaN, 1, 1, 3]);
  const mean = harness.output(2), variance = harness.output(2), y = harness.output(4);
  const runningMean = harness.output(2, [0, 0]), runningVariance = harness.output(2, [1, 1]);
  batchStatistics(launcher, { ...sizes, x, mean, variance, runningMean, runningVariance, momentum: 0.5 });
  batchNorm(launcher, { ...sizes, x, mean, variance, y, relu: true });
  const [values, means, variances] = await harness.read(y, runningMean, runningVariance);
  assert.ok(Number.isNaN(values[0]) && Number.isNaN(values[2]));
  assertClose([values[1]!, values[3]!], [0, 1], { rtol: 1e-4 });
  assert.deepEqual([...means, ...variances], [0, 1, 1, 1.5]);
});

Deno.test("batch norm: squares that overflow leave the running statistics alone", async () => {
  const { launcher } = harness, sizes = { batch: 2, channels: 1, inner: 1 }, x = harness.upload([1e25, -1e25]);
  const [mean, variance] = [harness.output(1), harness.output(1)];
  const runningMean = harness.output(1, [2]), runningVariance = harness.output(1, [3]);
  batchStatistics(launcher, { ...sizes, x, mean, variance, runningMean, runningVariance });
  assert.deepEqual((await harness.read(runningMean, runningVariance)).map(([value]) => value), [2, 3]);
});

Deno.test("batch norm: the rectifier makes 0 of -0 and of -Infinity, by elements and by vectors", async () => {
  for (const channels of [1, 4]) {
    const y = harness.output(2 * channels), zeros = harness.upload(Array(channels).fill(0));
    const x = harness.upload([...Array(channels).fill(-0), ...Array(channels).fill(-Infinity)]);
    const sizes = { batch: 2, channels, inner: 1 };
    batchNorm(harness.launcher, { ...sizes, x, mean: zeros, variance: zeros, y, relu: true });
    assert.deepEqual([...(await harness.read(y))[0]], Array(2 * channels).fill(0));
  }
});

Deno.test("batch norm: dropout keeps an element whose word is the threshold, by elements and by vectors", async () => {
  for (const channels of [7, 8]) {
    const count = 2 * channels, words = wordsReference(count, dropout.draw);
    const given = { probability: words[3]! / 2 ** 32, draw: dropout.draw };
    const y = harness.output(count), zeros = harness.upload(Array(channels).fill(0));
    const x = harness.upload(Array(count).fill(1)), sizes = { batch: 2, channels, inner: 1 };
    batchNorm(harness.launcher, { ...sizes, x, mean: zeros, variance: zeros, y, relu: true, dropout: given });
    const kept = Array.from((await harness.read(y))[0], (value) => value > 0 ? 1 : 0);
    assert.deepEqual(kept, [...dropoutMaskReference(count, given)]);
    assert.equal(kept[3], 1);
  }
});

Deno.test("batch norm: the same bits on every run", async () => {
  const { launcher } = harness, sizes = { batch: 600, channels: 20, inner: 1 }, x = harness.upload(normals(12_000, 1));
  const runs = [0, 1].map(() => {
    const mean = harness.output(20), variance = harness.output(20);
    const runningMean = harness.output(20, normals(20, 2)), runningVariance = harness.output(20, normals(20, 3));
    batchStatistics(launcher, { ...sizes, x, mean, variance, runningMean, runningVariance });
    return [mean, variance, runningMean, runningVariance];
  });
  assert.deepEqual(await harness.read(...runs[0]!), await harness.read(...runs[1]!));
});

Deno.test("batch norm: one element a channel cannot be trained on", () => {
  const slice = harness.upload([1, 2, 3]);
  const given = { x: slice, mean: slice, variance: slice, runningMean: slice, runningVariance: slice };
  assert.throws(
    () => batchStatistics(harness.launcher, { ...given, batch: 1, channels: 3, inner: 1 }),
    MetrogradError,
  );
});

Deno.test("batch norm: the reference's gradients equal finite differences of its outputs", () => {
  const sizes = { batch: 4, channels: 3, inner: 2 }, count = 24, x = normals(count, 6), dy = normals(count, 7);
  const weight = normals(3, 8), bias = normals(3, 9), keep = normals(count, 10).map(Math.abs);
  for (const given of [undefined, { mean: normals(3, 11), variance: [0.5, 1, 2] }]) {
    for (const relu of [false, true]) {
      const options = { ...sizes, given, weight, bias, relu, keep };
      const loss = (at: ArrayLike<number>, changes: object) =>
        batchNormReference(at, { ...options, ...changes }).reduce((sum, value, i) => sum + value * dy[i]!, 0);
      const { dx, dweight, dbias } = batchNormBackwardReference(x, dy, options);
      assertClose(dx, numericalGradient((at) => loss(at, {}), x), { atol: 1e-7, rtol: 1e-6 });
      assertClose(dweight, numericalGradient((at) => loss(x, { weight: at }), weight), { atol: 1e-7, rtol: 1e-6 });
      assertClose(dbias, numericalGradient((at) => loss(x, { bias: at }), bias), { atol: 1e-7, rtol: 1e-6 });
    }
  }
});
