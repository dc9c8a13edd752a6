import assert from "node:assert/strict";
import { standardDeviationCalibration } from "../../../scoring/calibration/standard_deviations.ts";
import { Philox } from "../../../kernels/philox.ts";

const near = (found: number, wanted: number, by: number, what: string) =>
  assert.ok(Math.abs(found - wanted) <= by, `${what}: ${found} instead of ${wanted}`);

Deno.test("standard deviation calibration: figures are those computed by hand", () => {
  // Errors 1, -2, 0 under standard deviations 1, 1, 2: z is 1, -2, 0.
  const figures = standardDeviationCalibration([5, 5, 5], [6, 3, 5], [1, 1, 2]);
  near(figures.varianceRatio, (5 / 3) / 2, 1e-12, "ratio");
  near(figures.meanSquaredZ, 5 / 3, 1e-12, "z²");
  near(figures.gaussianNll, (3 * Math.log(2 * Math.PI) + Math.log(4) + 5) / 6, 1e-12, "NLL");
  near(figures.withinOne, 1 / 3, 1e-12, "|z| < 1");
  near(figures.withinTwo, 2 / 3, 1e-12, "|z| < 1.96");
  assert.deepEqual(
    figures.byStandardDeviation.map(({ rows, standardDeviation, rmse }) => [rows, standardDeviation, rmse]),
    [[1, 1, 1], [1, 1, 2], [
      1,
      2,
      0,
    ]],
  );
});

Deno.test("standard deviation calibration: right standard deviations cover what they should, halved ones far less, and quintiles follow the standard deviation", () => {
  const random = new Philox(8), rows = 20_000;
  const standardDeviation = Float64Array.from({ length: rows }, () => 0.5 + 2 * random.uniform());
  const predicted = new Float64Array(rows), actual = standardDeviation.map((one) => one * random.normal());
  const right = standardDeviationCalibration(predicted, actual, standardDeviation);
  near(right.varianceRatio, 1, 0.05, "ratio");
  near(right.meanSquaredZ, 1, 0.05, "z²");
  assert.deepEqual(right.coverage.map(({ nominal }) => nominal), [0.5, 0.8, 0.9, 0.95]);
  for (const { nominal, found } of right.coverage) near(found, nominal, 0.015, `coverage at ${nominal}`);
  for (const { rows: own, standardDeviation, rmse } of right.byStandardDeviation) {
    assert.equal(own, rows / 5);
    near(rmse / standardDeviation, 1, 0.05, `RMSE at standardDeviation ${standardDeviation}`);
  }
  const sure = standardDeviationCalibration(predicted, actual, standardDeviation.map((one) => one / 2));
  near(sure.varianceRatio, 4, 0.2, "ratio of halved standard deviations");
  near(sure.coverage[3]!.found, 0.673, 0.015, "coverage of halved standard deviations");
  assert.ok(sure.gaussianNll > right.gaussianNll);
});
