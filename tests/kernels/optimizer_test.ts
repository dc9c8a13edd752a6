import assert from "node:assert/strict";
import { MetrogradError } from "../../kernels/errors.ts";
import { adagrad } from "../../kernels/optimizer/adagrad.ts";
import { adam } from "../../kernels/optimizer/adam.ts";
import { gradientNorm, gradientStatusBytes } from "../../kernels/optimizer/gradient_norm.ts";
import {
  adagradReference,
  adamReference,
  gradientNormReference,
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
