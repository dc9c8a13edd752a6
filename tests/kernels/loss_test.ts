import assert from "node:assert/strict";
import { scaleBy } from "../../kernels/elementwise/scale_by.ts";
import { gaussianNll } from "../../kernels/loss/gaussian_nll.ts";
import { heteroscedastic } from "../../kernels/loss/heteroscedastic.ts";
import {
  absoluteReference,
  gaussianNllReference,
  heteroscedasticReference,
  huberReference,
  lossReference,
  squaredReference,
} from "../../kernels/loss/loss.ref.ts";
import { huber, meanAbsoluteError, meanSquaredError } from "../../kernels/loss/pointwise.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

const losses = [
  { name: "mse", launch: meanSquaredError, sample: squaredReference, width: 1 },
  { name: "mae", launch: meanAbsoluteError, sample: absoluteReference, width: 1 },
  { name: "huber", launch: huber, sample: huberReference(1), width: 1 },
  { name: "heteroscedastic", launch: heteroscedastic, sample: heteroscedasticReference, width: 2 },
] as const;

/** Predictions that reach past every bend of the losses: a deviation of 3, log-variances beyond the clamp. */
const predictionsOf = (count: number, width: number) =>
  normals(count * width, 1).map((value, i) => value * (width === 2 && i % 2 ? 8 : 3));

for (const { name, launch, sample, width } of losses) {
  Deno.test(`loss: ${name} and its gradient equal the reference for each reduction and weighting`, async () => {
    for (const count of [1, 65, 300, 1500]) {
      const prediction = predictionsOf(count, width), target = normals(count, 2);
      const weights = normals(count, 3).map(Math.abs);
      for (const [reduction, weight] of [["none"], ["none", weights], ["mean", weights], ["sum"]] as const) {
        const loss = harness.output(reduction === "none" ? count : 1), gradient = harness.output(count * width);
        launch(launcher, {
          prediction: harness.upload(prediction),
          target: harness.upload(target),
          weight: weight && harness.upload(weight),
          reduction,
          loss,
          gradient,
          count,
        });
        const expected = lossReference(sample, prediction, target, { weight, reduction });
        const [value, slopes] = await harness.read(loss, gradient);
        const atol = 4e-6 * Math.max(...expected.loss.map(Math.abs), ...expected.gradient.map(Math.abs));
        assertClose(value, expected.loss, { atol, what: `${reduction} loss of ${count}` });
        assertClose(slopes, expected.gradient, { atol, what: `gradient of the ${reduction} loss of ${count}` });
      }
    }
  });

  Deno.test(`loss: the reference's gradient of ${name} equals finite differences of its value`, () => {
    const count = 12, prediction = predictionsOf(count, width), target = normals(count, 2);
    const weight = normals(count, 3).map(Math.abs);
    const value = (at: Float64Array) => lossReference(sample, at, target, { weight }).loss[0]!;
    const { gradient } = lossReference(sample, prediction, target, { weight });
    const atol = 1e-8 * Math.max(...gradient.map(Math.abs));
    assertClose(gradient, numericalGradient(value, prediction, 1e-6), { rtol: 1e-6, atol });
  });
}

/** Means and variances side by side; the variances reach from 1e-8, under the bound, to 1e4. */
const normalsOf = (count: number) =>
  normals(count * 2, 4).map((value, i) => i % 2 ? Math.fround(10 ** (6 * Math.tanh(value) - 2)) : 3 * value);

Deno.test("loss: gaussian_nll and its gradients equal the reference for each reduction and weighting", async () => {
  for (const count of [1, 65, 300]) {
    const both = normalsOf(count), target = normals(count, 2), weights = normals(count, 3).map(Math.abs);
    const [mean, variance] = [0, 1].map((column) => both.filter((_, i) => i % 2 === column));
    for (const [reduction, weight] of [["none"], ["none", weights], ["mean", weights], ["sum"]] as const) {
      const loss = harness.output(reduction === "none" ? count : 1);
      const [meanGradient, varianceGradient] = [harness.output(count), harness.output(count)];
      gaussianNll(launcher, {
        mean: harness.upload(mean!),
        variance: harness.upload(variance!),
        target: harness.upload(target),
        weight: weight && harness.upload(weight),
        ...{ reduction, loss, meanGradient, varianceGradient, count },
      });
      const expected = lossReference(gaussianNllReference, both, target, { weight, reduction });
      const [value, ...slopes] = await harness.read(loss, meanGradient, varianceGradient);
      assertClose(value, expected.loss, { what: `${reduction} loss of ${count}` });
      slopes.forEach((found, column) =>
        assertClose(found, expected.gradient.filter((_, i) => i % 2 === column), {
          rtol: 3e-5,
          what: `gradient ${column} of the ${reduction} loss of ${count}`,
        })
      );
    }
  }
});

Deno.test("loss: the reference's gradient of gaussian_nll equals finite differences of its value", () => {
  const both = normals(24, 4).map((value, i) => i % 2 ? Math.abs(value) + 0.1 : value), target = normals(12, 2);
  const value = (at: Float64Array) => lossReference(gaussianNllReference, at, target).loss[0]!;
  const { gradient } = lossReference(gaussianNllReference, both, target);
  assertClose(gradient, numericalGradient(value, both, 1e-6), { rtol: 1e-6, atol: 1e-8 });
});

Deno.test("loss: gives the same bits on every repeat", async () => {
  const both = predictionsOf(1028, 2), target = normals(1028, 2), found = [];
  for (let run = 0; run < 2; run++) {
    const loss = harness.output(1), gradient = harness.output(2056);
    const inputs = { prediction: harness.upload(both), target: harness.upload(target) };
    heteroscedastic(launcher, { ...inputs, loss, gradient, count: 1028 });
    found.push(await harness.read(loss, gradient));
  }
  assert.deepEqual(found[0], found[1]);
});

Deno.test("loss: where the mean is the target the log-variance's gradient is 1, beside samples whose is huge", async () => {
  const prediction = [1, 0, 2, 3, -1, -9], target = [1, 2, 300];
  const loss = harness.output(3), gradient = harness.output(6);
  const inputs = { prediction: harness.upload(prediction), target: harness.upload(target) };
  heteroscedastic(launcher, { ...inputs, loss, gradient, reduction: "none", count: 3 });
  const [losses, slopes] = await harness.read(loss, gradient);
  assertClose(losses.slice(0, 2), [0, 3], { rtol: 1e-6, atol: 1e-7 });
  assertClose(slopes.slice(0, 4), [0, 1, 0, 1], { rtol: 1e-6, atol: 1e-7 });
});

Deno.test("loss: the log-variance has its gradient at the clamp's bounds and none beyond", async () => {
  const prediction = [1, 10, 1, 10.5, 1, -10, 1, -10.5];
  const loss = harness.output(4), gradient = harness.output(8);
  const inputs = { prediction: harness.upload(prediction), target: harness.upload([0, 0, 0, 0]) };
  heteroscedastic(launcher, { ...inputs, loss, gradient, reduction: "none", count: 4 });
  const [, slopes] = await harness.read(loss, gradient);
  assert.ok(slopes[1] !== 0 && slopes[5] !== 0);
  assert.deepEqual([slopes[3], slopes[7]], [0, 0]);
});

Deno.test("loss: an infinite log-variance is clamped as any other", async () => {
  for (const count of [2, 4]) {
    const prediction = [1, Infinity, 1, -Infinity, 1, Infinity, 1, -Infinity].slice(0, 2 * count);
    const loss = harness.output(count), gradient = harness.output(2 * count);
    const inputs = { prediction: harness.upload(prediction), target: harness.upload([1, 1, 1, 1]) };
    heteroscedastic(launcher, { ...inputs, loss, gradient, reduction: "none", count });
    assert.deepEqual([...(await harness.read(loss))[0]], [10, -10, 10, -10].slice(0, count));
  }
});

Deno.test("loss: a NaN in mean, log-variance or target reaches the loss", async () => {
  for (const count of [1, 4]) {
    for (const [prediction, target] of [[[NaN, 0], [1]], [[1, NaN], [1]], [[1, 0], [NaN]]] as const) {
      const loss = harness.output(1), gradient = harness.output(2 * count), others = new Array(count - 1).fill(0);
      heteroscedastic(launcher, {
        prediction: harness.upload([...others, ...others, ...prediction]),
        target: harness.upload([...others, ...target]),
        ...{ loss, gradient, count },
      });
      assert.ok(Number.isNaN((await harness.read(loss))[0][0]));
    }
  }
});

Deno.test("loss: gradients are multiplied by the gradient from above, read from its buffer", async () => {
  for (const count of [65, 68, 1500]) {
    const x = normals(count, 4), y = harness.output(count);
    scaleBy(launcher, { x: harness.upload(x), scalar: harness.upload([-2.5]), y, count });
    assertClose((await harness.read(y))[0], x.map((value) => -2.5 * value), { rtol: 1e-7 });
  }
});
