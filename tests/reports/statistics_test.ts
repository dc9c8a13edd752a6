import assert from "node:assert/strict";
import { moments, quantile } from "../../data/moments.ts";
import {
  categoryDistance,
  cumulativeDistance,
  meanInterval,
  studentQuantile,
} from "../../reports/explore/statistics.ts";
import { groupCosines, principalPlane, unitRows } from "../../reports/explore/vectors.ts";
import { boxOf } from "../../reports/explore/metric_section.ts";
import { Philox } from "../../kernels/philox.ts";

const near = (actual: number, expected: number, within = 1e-3) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

Deno.test("explore: moments are those worked out by hand", () => {
  const found = moments(Float64Array.of(1, 2, 2, 10))!;
  near(found.mean, 3.75);
  near(found.deviation, 4.1932, 1e-4);
  near(found.skewness, 1.11, 1e-3);
  assert.deepEqual([found.min, found.median, found.max], [1, 2, 10]);
  assert.equal(moments(new Float64Array()), null);
  assert.equal(moments(Float64Array.of(5, 5))!.skewness, 0);
});

Deno.test("explore: Student's t is that of the tables", () => {
  for (const [degrees, t] of [[1, 12.706], [2, 4.303], [3, 3.182], [5, 2.571], [10, 2.228], [1000, 1.962]] as const) {
    near(studentQuantile(degrees), t, 0.005);
  }
  const { mean, low, high } = meanInterval([8, 9, 10]);
  near(mean, 9);
  near(high! - low!, 2 * 4.303 / Math.sqrt(3));
  assert.deepEqual(meanInterval([7]), { count: 1, mean: 7, low: null, high: null });
});

Deno.test("explore: quantiles and boxes", () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
  const box = boxOf(Float64Array.of(0, 8, 9, 9, 9, 10));
  assert.deepEqual([box.low, box.first, box.median, box.third, box.high], [8, 8.25, 9, 9, 9.0 + 1]);
  assert.deepEqual([...box.beyond], [[0, 1]]);
});

Deno.test("explore: distances are 0 for the same, 1 for nothing in common, and near chance for one distribution", () => {
  assert.equal(cumulativeDistance(Float64Array.of(1, 2, 3), Float64Array.of(3, 2, 1)).distance, 0);
  assert.equal(cumulativeDistance(Float64Array.of(1, 2), Float64Array.of(5, 6, 7)).distance, 1);
  assert.equal(cumulativeDistance(Float64Array.of(1, 2, 3, 4), Float64Array.of(3, 4, 5, 6)).distance, 0.5);
  assert.equal(categoryDistance(["a", "b"], ["b", "a"]).distance, 0);
  assert.equal(categoryDistance(["a", "a"], ["b"]).distance, 1);
  near(categoryDistance(["a", "a", "b", "b"], ["a", "b", "b", "b"]).distance, 0.25);
  const random = new Philox(1, 2);
  const draw = (count: number) => Float64Array.from({ length: count }, () => random.uniform());
  const names = (count: number) => Array.from(draw(count), (value) => String(Math.floor(10 * value)));
  let numbers = 0, categories = 0;
  for (let i = 0; i < 40; i++) {
    const a = cumulativeDistance(draw(400), draw(300)), b = categoryDistance(names(400), names(300));
    numbers += a.distance / a.chance / 40;
    categories += b.distance / b.chance / 40;
  }
  near(numbers, 1, 0.15);
  near(categories, 1, 0.15);
});

Deno.test("explore: cosines of groups leave a row with itself out", () => {
  const unit = unitRows({ data: Float32Array.of(2, 0, 0, 3, 0, 0, 0, 5), count: 4, dimension: 2 });
  const cosines = groupCosines(unit, [[0, 1], [3]]);
  near(cosines[0]![0]!, 0);
  near(cosines[0]![1]!, 0.5);
  assert.ok(Number.isNaN(cosines[1]![1]));
});

Deno.test("explore: the plane of a map holds the variance of points on a plane", () => {
  const data = new Float32Array(30 * 4);
  for (let i = 0; i < 30; i++) data.set([Math.cos(i) * 5, Math.sin(3 * i), 7, 0], i * 4);
  const { x, y, shares } = principalPlane({ data, count: 30, dimension: 4 });
  near(shares[0] + shares[1], 1);
  assert.ok(shares[0] > 0.9 && shares[1] > 0);
  near(x.reduce((sum, value, i) => sum + value * y[i]!, 0), 0, 1e-2);
});
