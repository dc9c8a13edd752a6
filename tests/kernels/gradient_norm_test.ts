import assert from "node:assert/strict";
import {
  gradientNorm,
  gradientStatusBytes,
  readGradientStatus,
  scanFinite,
} from "../../kernels/optimizer/gradient_norm.ts";
import { lossScaleBytes, unscaleGradient } from "../../kernels/optimizer/loss_scale.ts";
import { gradientNormReference, lossScaleReference } from "../../kernels/optimizer/optimizer.ref.ts";
import { assertClose, KernelHarness, normals, type Output } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const statusWords = gradientStatusBytes / 4;

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
