import assert from "node:assert/strict";
import { rmse } from "../../../data/evaluation.ts";
import { Philox } from "../../../kernels/philox.ts";
import { Correction } from "../../../scoring/calibration/correction.ts";
import type { CalibrationRows } from "../../../scoring/calibration/calibration_rows.ts";
import { crossIsotonic, fitIsotonic, isotonicFigures } from "../../../scoring/calibration/isotonic.ts";

/** Predictions that a function of theirs, or nothing, ties to the true scores. */
function rowsOf(count: number, truth: (predicted: number) => number, noise: number): CalibrationRows {
  const random = new Philox(6);
  const predicted = Float64Array.from({ length: count }, () => 10 * random.uniform());
  return {
    predicted,
    actual: predicted.map((one) => truth(one) + noise * random.normal()),
    standardDeviation: null,
    weight: new Float64Array(count).fill(1),
    part: [...predicted.keys()].map((i) => i % 5),
    group: null,
    plain: count,
  };
}

Deno.test("isotonic: cross-fitted, it mends a bent scale as it would new rows", () => {
  const rows = rowsOf(2000, (predicted) => predicted ** 2 / 10, 0.3);
  const [figure] = isotonicFigures(rows);
  assert.ok(figure!.rmse > 1.5, `${figure!.rmse}`);
  assert.ok(Math.abs(figure!.isotonicRmse - 0.3) < 0.03, `${figure!.isotonicRmse}`);
});

Deno.test("isotonic: where there is nothing to learn cross-fitting gains nothing, though fitting to the same rows would", () => {
  const rows = rowsOf(200, () => 5, 1), { actual } = rows;
  const seen = rmse(fitIsotonic(rows).predict(rows.predicted), actual);
  const crossed = rmse(crossIsotonic(rows), actual), mean = rmse(actual.map(() => 5), actual);
  assert.ok(seen < mean && crossed > mean, `seen ${seen}, crossed ${crossed}, mean ${mean}`);
});

Deno.test("isotonic: no row has a say in its own part's correction, and rows of weight 0 in none", () => {
  const rows = rowsOf(50, (predicted) => predicted, 0.5);
  const before = crossIsotonic(rows);
  const moved = { ...rows, actual: rows.actual.map((one, i) => i % 5 === 2 ? 0 : one) };
  const after = crossIsotonic(moved);
  before.forEach((one, i) => i % 5 === 2 && assert.equal(after[i], one));
  assert.notDeepEqual(after, before);
  const weight = rows.weight.map((one, i) => i % 5 === 2 ? 0 : one);
  assert.deepEqual(crossIsotonic({ ...moved, weight }), crossIsotonic({ ...rows, weight }));
  const mixed = isotonicFigures({ ...moved, weight, plain: 30 });
  assert.deepEqual(mixed.map(({ set, rows }) => [set, rows]), [["validation", 30], ["mismatched validation", 20]]);
});

Deno.test("correction: intervals around corrected scores hold new ones as often as they should", () => {
  const drawn = rowsOf(3000, (predicted) => predicted ** 2 / 10, 0.5);
  const rows = { ...drawn, actual: drawn.actual.map((one) => Math.min(Math.max(one, 0), 10)) };
  const held = { ...rows, predicted: rows.predicted.subarray(0, 1000), actual: rows.actual.subarray(0, 1000) };
  const correction = Correction.fit(
    { ...held, weight: rows.weight.subarray(0, 1000), part: rows.part.slice(0, 1000), plain: 1000 },
    { calibrate: "isotonic", interval: 0.8 },
    "r",
  );
  const { score, intervals } = correction.apply(Float32Array.from(rows.predicted.subarray(1000)), null);
  const truth = rows.actual.subarray(1000);
  assert.ok(Math.abs(rmse(score, truth) - 0.46) < 0.04);
  const inside = truth.filter((one, i) => intervals!.low[i]! <= one && one <= intervals!.high[i]!).length /
    truth.length;
  assert.ok(Math.abs(inside - 0.8) < 0.04, `${inside}`);
  assert.deepEqual(Correction.fit(held, { calibrate: "none", interval: null }, "r").apply(score, null).score, score);
});
