import assert from "node:assert/strict";
import { join } from "node:path";
import { rmse } from "../../data/evaluation.ts";
import { Philox } from "../../kernels/philox.ts";
import { Ridge } from "../../recipes/classical/ridge.ts";
import { RidgeBaseline } from "../../scoring/ridge_baseline.ts";
import { withFolder } from "../temporary.ts";

/** Rows with two texts of 4 numbers and one of few metrics; scores follow both in a straight line. */
function planted(rows: number, metrics: number, metricDimension: number, noise: number) {
  const random = new Philox(7);
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const texts = { data: normals(rows * 8), fields: 2, dimension: 4 };
  const tables = { texts, metrics: { data: normals(metrics * metricDimension), dimension: metricDimension } };
  const metric = Uint32Array.from({ length: rows }, () => random.integer(metrics));
  const slope = normals(metricDimension);
  const score = Float32Array.from(metric, (own, row) => {
    const ofMetric = slope.reduce((sum, one, i) => sum + one * tables.metrics.data[own * metricDimension + i]!, 0);
    return 5 + 0.5 * texts.data[row * 8]! - 0.5 * texts.data[row * 8 + 7]! + 0.2 * ofMetric + noise * random.normal();
  });
  return { tables, rows: { text: Uint32Array.from(metric.keys()), metric, score } };
}

Deno.test("ridge baseline: it finds a straight line through texts and metrics, up to the noise", () => {
  const { tables, rows } = planted(900, 6, 20, 0.1);
  const baseline = RidgeBaseline.fit(tables, rows);
  assert.ok(Math.abs(rmse(baseline.predict(tables, rows), rows.score) - 0.1) < 0.01);
});

Deno.test("ridge baseline: metrics in a basis of their own are the same regression as all of their numbers", () => {
  const { tables, rows } = planted(60, 5, 12, 1);
  const baseline = RidgeBaseline.fit(tables, rows), columns = 20;
  const data = Float64Array.from({ length: 60 * columns }, (_, at) => {
    const row = Math.floor(at / columns), column = at % columns;
    return column < 8
      ? tables.texts.data[row * 8 + column]!
      : tables.metrics.data[rows.metric[row]! * 12 + column - 8]!;
  });
  const direct = Ridge.fit({ x: { data, rows: 60, columns }, y: rows.score }, baseline.alpha);
  direct.coef.forEach((one, i) => assert.ok(Math.abs(one - baseline.ridge.coef[i]!) < 1e-7, `${i}`));
  const predicted = baseline.predict(tables, rows);
  direct.predict({ data, rows: 60, columns }).forEach((one, i) =>
    assert.ok(Math.abs(Math.min(Math.max(one, 0), 10) - predicted[i]!) < 1e-5)
  );
});

Deno.test(
  "ridge baseline: a file keeps every bit; a missing one is null, a damaged one refused",
  withFolder(async (folder) => {
    const { tables, rows } = planted(40, 5, 3, 1), path = join(folder, "ridge.safetensors");
    const baseline = RidgeBaseline.fit(tables, rows);
    assert.equal(await RidgeBaseline.read(path), null);
    await baseline.write(path);
    assert.deepEqual(await RidgeBaseline.read(path), baseline);
    await Deno.writeTextFile(path, "{}");
    await assert.rejects(RidgeBaseline.read(path), { name: "DataError" });
  }),
);
