import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { cholesky, choleskySolve } from "../../../recipes/classical/cholesky.ts";
import { Ridge } from "../../../recipes/classical/ridge.ts";
import { metricMean, predictLinear, process, regressionOn } from "../../../recipes/auto/candidates.ts";
import { positiveDefinite } from "../classical/positive_definite.ts";

const count = 40, random = new Philox(9);
const rows = {
  score: Float64Array.from({ length: count }, () => 10 * random.uniform()),
  weight: Float64Array.from({ length: count }, (_, i) => i % 4 === 0 ? 0.5 : 1),
  metric: Uint32Array.from({ length: count }, (_, i) => i % 3),
};
const fit = Uint32Array.from({ length: 30 }, (_, i) => i), held = Uint32Array.from({ length: 10 }, (_, i) => 30 + i);
const allRows = Uint32Array.from({ length: count }, (_, i) => i);
const near = (got: number, wanted: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - wanted) < tolerance, `${got}, wanted ${wanted}`);

Deno.test("auto: a metric's mean is drawn towards the mean of all as by one row more, and an unknown one has that", async () => {
  const uneven = { ...rows, weight: new Float64Array(count).fill(1), metric: rows.metric.with(35, 7) };
  const predicted = await metricMean(uneven).predict({ fit, held });
  const mean = uneven.score.subarray(0, 30).reduce((sum, one) => sum + one, 0) / 30;
  const own = [...uneven.score.subarray(0, 30)].filter((_, i) => i % 3 === 0);
  near(predicted[0]!, (own.reduce((sum, one) => sum + one, 0) + mean) / 11);
  near(predicted[5]!, mean);
});

Deno.test("auto: ridge regression on most of the rows, and on few, equals that of the classical methods, on weighted rows", () => {
  const width = 5, data = Float32Array.from({ length: count * width }, () => 3 + random.normal());
  for (const size of [30, 15, count]) {
    const [found] = regressionOn(rows, { data, width }).fitEach(fit.length < size ? allRows : fit.subarray(0, size), [
      2,
    ]);
    const part = { data: Float64Array.from(data.subarray(0, size * width)), rows: size, columns: width };
    const wanted = Ridge.fit({ x: part, y: rows.score.subarray(0, size), weight: rows.weight.subarray(0, size) }, 2);
    found!.coef.forEach((one, k) => near(one, wanted.coef[k]!));
    near(found!.intercept, wanted.intercept);
    near(
      predictLinear({ data, width }, held, found!)[0]!,
      wanted.intercept + wanted.coef.reduce((sum, one, k) => sum + one * data[30 * width + k]!, 0),
    );
  }
});

Deno.test("auto: the Gaussian process predicts held-out rows as a fit to the others by Cholesky does", async () => {
  const k = Float32Array.from(positiveDefinite(count)), noise = rows.weight.map((one) => 0.3 / one);
  const predicted = await process(rows, k, noise, () => Promise.resolve()).predict({ fit, held });
  const total = fit.reduce((sum, row) => sum + rows.weight[row]!, 0);
  const mean = fit.reduce((sum, row) => sum + rows.weight[row]! * rows.score[row]!, 0) / total;
  const factor = Float64Array.from({ length: 900 }, (_, at) => {
    const i = Math.floor(at / 30), j = at % 30;
    return k[i * count + j]! + (i === j ? noise[i]! : 0);
  });
  cholesky(factor, 30);
  const alpha = rows.score.slice(0, 30).map((score) => score - mean);
  choleskySolve(factor, 30, alpha);
  held.forEach((row, i) =>
    near(predicted[i]!, mean + alpha.reduce((sum, one, j) => sum + one * k[row * count + j]!, 0), 2e-2)
  );
});
