import assert from "node:assert/strict";
import { MetrogradError } from "../../kernels/errors.ts";
import { adagrad } from "../../kernels/optimizer/adagrad.ts";
import { adam } from "../../kernels/optimizer/adam.ts";
import {
  gradientNorm,
  gradientStatusBytes,
  readGradientStatus,
  scanFinite,
} from "../../kernels/optimizer/gradient_norm.ts";
import { lossScaleBytes, unscaleGradient } from "../../kernels/optimizer/loss_scale.ts";
import {
  adagradReference,
  adamReference,
  gradientNormReference,
  lossScaleReference,
  rmspropReference,
  sgdReference,
} from "../../kernels/optimizer/optimizer.ref.ts";
import { rmsprop } from "../../kernels/optimizer/rmsprop.ts";
import { sgd } from "../../kernels/optimizer/sgd.ts";
import { assertClose, KernelHarness, normals, type Output } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const statusWords = gradientStatusBytes / 4;

/** Status that neither clips nor stops. */
const unclipped = harness.upload(Uint32Array.of(0, 0x3f800000, 0xffffffff));

async function statusOf(ranges: Float32Array<ArrayBuffer>[], maxNorm?: number) {
  const status = harness.output(statusWords);
  gradientNorm(launcher, {
    ranges: ranges.map((gradient) => ({ gradient: harness.upload(gradient), count: gradient.length })),
    status,
    ...(maxNorm === undefined ? {} : { maxNorm }),
  });
  return readGradientStatus((await harness.read(status))[0]);
}

Deno.test("gradient norm: equals the reference over ranges of any length", async () => {
  for (const lengths of [[1], [63, 65], [16_384], [16_385, 7], [49_152], [100_001, 3, 20_000]]) {
    const ranges = lengths.map((length, i) => normals(length, i + 1));
    const { norm, coefficient, firstUnusable } = await statusOf(ranges, 1);
    const expected = gradientNormReference(ranges.flatMap((range) => [...range]), 1);
    assertClose([norm, coefficient], [expected.norm, expected.coefficient], { rtol: 1e-6, atol: 0 });
    assert.equal(firstUnusable, null);
  }
});

Deno.test("gradient norm: leaves a small gradient as it is, and any gradient without a largest norm", async () => {
  assert.equal((await statusOf([Float32Array.of(0.3, 0.4)], 1)).coefficient, 1);
  assert.equal((await statusOf([Float32Array.of(300, 400)])).coefficient, 1);
  assert.equal((await statusOf([new Float32Array(5)])).norm, 0);
  assertClose([(await statusOf([Float32Array.of(0.3, 0.4)])).norm], [0.5]);
});

Deno.test("gradient norm: elements whose squares overflow count like any others", async () => {
  for (const [small, large] of [[1, 1e15], [1e15, 2e15], [3e18, -4e18], [1e30, 1e38], [1e-30, 1e37]] as const) {
    for (const at of [0, 63, 1030, 16_389]) {
      const first = new Float32Array(16_390), second = Float32Array.of(small, large);
      first[at] = large;
      first[(at + 5) % 16_390] = small;
      const { norm, coefficient, firstUnusable } = await statusOf([first, second], 1e10);
      const expected = gradientNormReference([...first, ...second], 1e10);
      assertClose([norm, coefficient], [expected.norm, expected.coefficient], { rtol: 1e-6, atol: 0 });
      assert.equal(firstUnusable, null);
    }
  }
  assert.equal((await statusOf([Float32Array.of(1e30, -2e30)])).coefficient, 1);
});

Deno.test("gradient norm: what lies behind a range does not count", async () => {
  for (const count of [1, 5, 18]) {
    const gradient = harness.upload(new Float32Array(count + 8).fill(2)), status = harness.output(statusWords);
    gradientNorm(launcher, { ranges: [{ gradient, count }], status });
    assertClose([readGradientStatus((await harness.read(status))[0]).norm], [2 * Math.sqrt(count)]);
  }
});

Deno.test("gradient norm: factors whose product's squares overflow count like any others", async () => {
  for (const size of [1e4, 1e16, 1e20, 1e30]) {
    const status = harness.output(statusWords), part = Math.cbrt(size);
    const dy = [part, 2 * part], x1 = [part, -2 * part], x2 = [3 * part, 0.5 * part];
    const [x1Slice, x2Slice, dySlice] = [x1, x2, dy].map((values) => harness.upload(values)) as Output[];
    const factors = { x1: x1Slice!, x2: x2Slice!, dy: dySlice!, batch: 2, in1: 1, in2: 1, out: 1 };
    gradientNorm(launcher, { ranges: [], factored: [factors], status, maxNorm: 1 });
    const { norm, coefficient, firstUnusable } = readGradientStatus((await harness.read(status))[0]);
    // Rows of gradients 3 size and -2 size.
    assertClose([norm / size, coefficient * size], [1, 1], { rtol: 1e-5, atol: 0 });
    assert.equal(firstUnusable, null);
  }
});

Deno.test("gradient norm: squares by Gram matrices that are rounded below 0 count as 0", async () => {
  // Rows whose gradients nearly cancel: their squares are less than what rounding leaves, which is negative.
  const values = [1.2999999523162842, 1.300012469291687], status = harness.output(statusWords);
  const factors = {
    x1: harness.upload(values),
    x2: harness.upload(values),
    dy: harness.upload([values[0]!, -values[1]!]),
  };
  gradientNorm(launcher, { ranges: [], factored: [{ ...factors, batch: 2, in1: 1, in2: 1, out: 1 }], status });
  const { norm, coefficient, firstUnusable } = readGradientStatus((await harness.read(status))[0]);
  assert.ok(norm >= 0 && norm < 2e-3, `${norm}`);
  assert.deepEqual([coefficient, firstUnusable], [1, null]);
});

Deno.test("gradient norm: names the first element that is NaN or infinite", async () => {
  for (const [value, at] of [[NaN, 0], [-NaN, 16_384], [Infinity, 64], [-Infinity, 20_000], [NaN, 17_000]] as const) {
    const ranges = [normals(16_390, 1), normals(5_000, 2)];
    for (const position of [at, Math.min(at + 100, 21_389)]) {
      ranges[position < 16_390 ? 0 : 1]![position % 16_390] = value;
    }
    const { coefficient, firstUnusable } = await statusOf(ranges, 1);
    assert.equal(firstUnusable, at);
    assert.equal(coefficient, 0);
  }
  assert.equal((await statusOf([new Float32Array(1024).fill(NaN)])).firstUnusable, 0);
});

Deno.test("scan finite: finds the first NaN or infinity, and lets the largest number pass", async () => {
  const count = 16_390;
  for (const at of [0, 63, 16_384, 16_389, null]) {
    const x = normals(count, 1), status = harness.output(statusWords);
    x[5] = 3.4028234663852886e38;
    x[6] = -x[5];
    if (at !== null) x[at] = at % 2 ? NaN : -Infinity;
    x[count - 1] = at === null ? 1 : Infinity;
    scanFinite(launcher, { x: harness.upload(x), count, status });
    assert.equal(readGradientStatus((await harness.read(status))[0]).firstUnusable, at);
  }
});

Deno.test("gradient norm: the same bits on every run", async () => {
  const gradient = normals(50_000, 3);
  assert.deepEqual(await statusOf([gradient], 1), await statusOf([gradient], 1));
});

Deno.test("loss scale: status and next scale equal the reference, whatever the steps bring, and repeat their bits", async () => {
  const settings = { growthFactor: 3, backoffFactor: 0.25, growthInterval: 2 };
  for (const [start, given] of [[65536, {}], [1, settings], [2 ** -20, settings], [2 ** 63, settings]] as const) {
    let want = { scale: start, goodSteps: 0, skippedSteps: 0 };
    const runs = [0, 1].map(() => harness.output(lossScaleBytes / 4, [start, 0, 0]));
    for (const [step, factor] of [1, 1e-6, NaN, 1, 1, 300, Infinity, 1].entries()) {
      const gradient = normals(step === 0 ? 1 : 65, step).map((value) => value * factor);
      const maxNorm = step % 2 ? Infinity : 1e-3;
      const found = [];
      for (const lossScale of runs) {
        const status = harness.output(statusWords);
        gradientNorm(launcher, { ranges: [{ gradient: harness.upload(gradient), count: gradient.length }], status });
        unscaleGradient(launcher, { ...given, status, lossScale, maxNorm });
        const [bytes, state] = await harness.read(status, lossScale);
        found.push({ status: readGradientStatus(bytes), state: [...state] });
      }
      assert.deepEqual(found[0], found[1]);
      const usable = Number.isFinite(factor);
      const { norm } = gradientNormReference(gradient, 1);
      const expected = lossScaleReference(want, { norm, usable }, maxNorm, given);
      want = expected.next;
      const { status, state } = found[0]!;
      assert.equal(status.firstUnusable === null, usable);
      assertClose([status.coefficient], [expected.coefficient], { rtol: 2e-6, atol: 0 });
      if (usable) assertClose([status.norm], [expected.norm], { rtol: 2e-6, atol: 0 });
      assertClose(state, [want.scale, want.goodSteps, want.skippedSteps], { rtol: 1e-6, atol: 0 });
    }
  }
});

const adamSettings = [
  { learningRate: 0.01 },
  { learningRate: 0.01, weightDecay: 0.3 },
  { learningRate: 0.01, weightDecay: 0.3, decoupled: true },
  { learningRate: 0.02, betas: [0.8, 0.95], epsilon: 1e-3 },
  // The second moment forgets fast, so that the greatest is not the last.
  { learningRate: 0.02, betas: [0.8, 0.5], amsgrad: true },
  { learningRate: 0.02, betas: [0.8, 0.5], amsgrad: true, weightDecay: 0.3, decoupled: true },
] as const;

Deno.test("adam: twelve clipped steps equal the reference for L2, decoupled weight decay and AMSGrad", async () => {
  for (const settings of adamSettings) {
    for (const count of [1, 250, 1000]) {
      const start = normals(count, 1), expected = Float64Array.from(start);
      const first = new Float64Array(count), second = new Float64Array(count), greatest = new Float64Array(count);
      const moments = { first, second, ...("amsgrad" in settings ? { greatest } : {}) };
      const parameter = harness.output(count, start), status = harness.output(statusWords);
      const firstMoment = harness.output(count, first), secondMoment = harness.output(count, second);
      const greatestMoment = harness.output(count, greatest);
      for (let step = 1; step <= 12; step++) {
        const slopes = normals(count, 10 + step);
        slopes[0] = count > 1 ? 0 : slopes[0]!;
        const gradient = harness.upload(slopes);
        gradientNorm(launcher, { ranges: [{ gradient, count }], status, maxNorm: 1 });
        const given = { parameter, gradient, firstMoment, secondMoment, status, count, step, ...settings };
        adam(launcher, { ...given, ...("amsgrad" in settings ? { greatestMoment } : {}) });
        const { coefficient } = gradientNormReference(slopes, 1);
        adamReference(expected, slopes.map((value) => value * coefficient), moments, step, settings);
      }
      const [values, m, v, most] = await harness.read(parameter, firstMoment, secondMoment, greatestMoment);
      assertClose(values, expected, { atol: 4e-6, what: `parameter of ${count}` });
      assertClose(m, first, { atol: 1e-7, what: "first moment" });
      assertClose(v, second, { atol: 1e-8, what: "second moment" });
      assertClose(most, greatest, { atol: 1e-8, what: "greatest second moment" });
    }
  }
});

const sgdSettings = [
  { learningRate: 0.05 },
  { learningRate: 0.05, weightDecay: 0.1 },
  { learningRate: 0.02, momentum: 0.9 },
  { learningRate: 0.02, momentum: 0.9, dampening: 0.3 },
  { learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
] as const;

Deno.test("sgd: twelve steps equal the reference with momentum, dampening, Nesterov's form and weight decay", async () => {
  for (const settings of sgdSettings) {
    const count = settings.learningRate === 0.05 ? 250 : 1000;
    const start = normals(count, 1), expected = Float64Array.from(start), speed = new Float64Array(count);
    const parameter = harness.output(count, start), velocity = harness.output(count, speed);
    for (let step = 1; step <= 12; step++) {
      const slopes = normals(count, 10 + step);
      const given = { parameter, gradient: harness.upload(slopes), status: unclipped, count, step, ...settings };
      sgd(launcher, { ...given, ...("momentum" in settings ? { velocity } : {}) });
      sgdReference(expected, slopes, speed, settings, step);
    }
    const [values, speeds] = await harness.read(parameter, velocity);
    assertClose(values, expected, { atol: 4e-6, what: "parameter" });
    if ("momentum" in settings) assertClose(speeds, speed, { atol: 4e-6, what: "velocity" });
  }
});

const adagradSettings = [
  { learningRate: 0.05 },
  { learningRate: 0.05, learningRateDecay: 0.1, weightDecay: 0.1, epsilon: 1e-3 },
] as const;

Deno.test("adagrad: twelve clipped steps equal the reference", async () => {
  for (const settings of adagradSettings) {
    for (const count of [1, 250, 1000]) {
      const start = normals(count, 1), expected = Float64Array.from(start), sums = new Float64Array(count);
      const parameter = harness.output(count, start), squareSum = harness.output(count, sums);
      const status = harness.output(statusWords);
      for (let step = 1; step <= 12; step++) {
        const slopes = normals(count, 10 + step), gradient = harness.upload(slopes);
        gradientNorm(launcher, { ranges: [{ gradient, count }], status, maxNorm: 1 });
        adagrad(launcher, { parameter, gradient, squareSum, status, count, step, ...settings });
        const { coefficient } = gradientNormReference(slopes, 1);
        adagradReference(expected, slopes.map((value) => value * coefficient), sums, step, settings);
      }
      const [values, squares] = await harness.read(parameter, squareSum);
      assertClose(values, expected, { atol: 4e-6, what: `parameter of ${count}` });
      assertClose(squares, sums, { atol: 1e-7, what: "sum of squares" });
    }
  }
});

const rmspropSettings = [
  { learningRate: 0.01 },
  { learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, weightDecay: 0.1 },
  { learningRate: 0.01, momentum: 0.9 },
  { learningRate: 0.01, alpha: 0.8, centered: true, epsilon: 1e-2 },
  { learningRate: 0.01, alpha: 0.8, centered: true, epsilon: 1e-2, momentum: 0.9 },
] as const;

Deno.test("rmsprop: twelve clipped steps equal the reference, centered and with momentum", async () => {
  for (const settings of rmspropSettings) {
    for (const count of [1, 250, 1000]) {
      const start = normals(count, 1), expected = Float64Array.from(start);
      const moments = [0, 1, 2].map(() => new Float64Array(count)) as [Float64Array, Float64Array, Float64Array];
      const [square, average, speed] = moments;
      const parameter = harness.output(count, start), meanSquare = harness.output(count, square);
      const mean = harness.output(count, average), velocity = harness.output(count, speed);
      const status = harness.output(statusWords);
      for (let step = 1; step <= 12; step++) {
        const slopes = normals(count, 10 + step), gradient = harness.upload(slopes);
        gradientNorm(launcher, { ranges: [{ gradient, count }], status, maxNorm: 1 });
        rmsprop(launcher, { parameter, gradient, meanSquare, mean, velocity, status, count, ...settings });
        const { coefficient } = gradientNormReference(slopes, 1);
        const clipped = slopes.map((value) => value * coefficient);
        rmspropReference(expected, clipped, { square, mean: average, velocity: speed }, settings);
      }
      const [values, squares] = await harness.read(parameter, meanSquare);
      assertClose(values, expected, { atol: 4e-6, what: `parameter of ${count} with ${JSON.stringify(settings)}` });
      assertClose(squares, square, { atol: 1e-7, what: "mean square" });
    }
  }
});

Deno.test("optimizers: what lies behind the count stays as it is", async () => {
  const length = 10, count = 6, start = normals(length, 1);
  const launches: Readonly<Record<string, (of: Record<"parameter" | "gradient" | "moment", Output>) => void>> = {
    sgd: ({ moment: velocity, ...of }) =>
      sgd(launcher, { ...of, velocity, status: unclipped, count, learningRate: 1, momentum: 0.9 }),
    adagrad: ({ moment: squareSum, ...of }) =>
      adagrad(launcher, { ...of, squareSum, status: unclipped, count, step: 1, learningRate: 1 }),
    rmsprop: ({ moment: meanSquare, ...of }) =>
      rmsprop(launcher, { ...of, meanSquare, status: unclipped, count, learningRate: 1 }),
    adam: ({ moment: firstMoment, ...of }) => {
      const secondMoment = harness.output(length, new Float32Array(length));
      adam(launcher, { ...of, firstMoment, secondMoment, status: unclipped, count, step: 1, learningRate: 1 });
    },
  };
  for (const [name, launch] of Object.entries(launches)) {
    const parameter = harness.output(length, start), moment = harness.output(length, new Float32Array(length));
    launch({ parameter, moment, gradient: harness.output(length, normals(length, 2)) });
    const [values, moments] = await harness.read(parameter, moment);
    assert.deepEqual(values.slice(count), start.slice(count), name);
    assert.ok(moments.slice(count).every((value) => value === 0), name);
    assert.ok(values.slice(0, count).every((value, i) => value !== start[i]), name);
  }
});

Deno.test("rmsprop: a mean square that overflows leaves the parameter where it is, centred or not", async () => {
  for (const centered of [false, true]) {
    const parameter = harness.output(1, [1]), zero = () => harness.output(1, [0]);
    const moments = { meanSquare: zero(), mean: zero() };
    const given = { parameter, ...moments, status: unclipped, count: 1, learningRate: 0.1, centered };
    rmsprop(launcher, { ...given, gradient: harness.upload([1e30]) });
    const [value] = await harness.read(parameter);
    assert.deepEqual([...value], [1]);
  }
});

Deno.test("optimizers: what a setting needs must be there", () => {
  const slice = harness.upload([1]), given = { parameter: slice, gradient: slice, status: slice, count: 1 };
  const refused = [
    () => sgd(launcher, { ...given, learningRate: 1, momentum: 0.9 }),
    () => sgd(launcher, { ...given, learningRate: 1, nesterov: true, velocity: slice }),
    () => sgd(launcher, { ...given, learningRate: 1, momentum: 1, dampening: 1, nesterov: true, velocity: slice }),
    () => rmsprop(launcher, { ...given, learningRate: 1, meanSquare: slice, centered: true }),
    () => rmsprop(launcher, { ...given, learningRate: 1, meanSquare: slice, momentum: 0.9 }),
  ];
  for (const attempt of refused) assert.throws(attempt, MetrogradError, String(attempt));
});

Deno.test("optimizers: one NaN in the gradient leaves parameters and moments as they are", async () => {
  for (const count of [70, 72]) {
    const slopes = normals(count, 1), start = normals(count, 2);
    slopes[66] = NaN;
    const gradient = harness.upload(slopes), status = harness.output(statusWords);
    gradientNorm(launcher, { ranges: [{ gradient, count }], status, maxNorm: 1 });
    const outputs = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(() => harness.output(count, start));
    const [parameter, firstMoment, secondMoment, other, velocity, ...more] = outputs as [
      ...[Output, Output, Output, Output, Output],
      ...[Output, Output, Output, Output],
    ];
    adam(launcher, { parameter, gradient, firstMoment, secondMoment, status, count, step: 1, learningRate: 0.1 });
    sgd(launcher, { parameter: other, gradient, velocity, status, count, learningRate: 0.1, momentum: 0.9 });
    adagrad(launcher, {
      parameter: more[0],
      gradient,
      squareSum: more[1],
      status,
      count,
      step: 1,
      learningRate: 0.1,
    });
    rmsprop(launcher, { parameter: more[2], gradient, meanSquare: more[3], status, count, learningRate: 0.1 });
    for (const values of await harness.read(...outputs)) assert.deepEqual(values, start);
  }
});
