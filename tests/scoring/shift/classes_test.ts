import assert from "node:assert/strict";
import { meanScore } from "../../../data/evaluation.ts";
import { calibrateClasses } from "../../../scoring/shift/calibrate_classes.ts";
import { classProbabilities, expectedScores } from "../../../scoring/shift/classes.ts";
import { classShares } from "../../../scoring/shift/held_out.ts";
import { moveMean } from "../../../scoring/shift/mean.ts";
import { classHead, plant, trainedShares } from "./planted.ts";

const asGiven = { temperature: 1, biases: new Array<number>(11).fill(0) };
const near = (found: number, expected: number, within: number) =>
  assert.ok(Math.abs(found - expected) <= within, `${found} instead of ${expected}`);
const ones = (rows: number) => new Float64Array(rows).fill(1);
const row = (probabilities: Float64Array, i: number) => [...probabilities.subarray(i * 11, i * 11 + 11)];

Deno.test("class probabilities: those of a class head as they are, of a mean and standard deviation by integrating the normal", () => {
  const given = plant(trainedShares, 20, 1).probabilities;
  classProbabilities(classHead(given), asGiven).forEach((one, at) => near(one, given[at]!, 1e-6));
  const normal = classProbabilities(
    { score: Float32Array.of(5, 9.8, 0), standardDeviation: Float32Array.of(0.5, 2, 1e-9), probabilities: null },
    asGiven,
  );
  // Within one standard deviation of the middle; all beyond 9.5 belongs to 10; a standard deviation of nothing is a class for sure.
  near(row(normal, 0)[5]!, 0.682689, 1e-5);
  near(row(normal, 0)[4]!, 0.157305, 1e-4);
  near(row(normal, 1)[10]!, 0.559618, 1e-5);
  near(row(normal, 2)[0]!, 1, 1e-6);
  for (let i = 0; i < 3; i++) near(row(normal, i).reduce((a, b) => a + b), 1, 1e-12);
});

Deno.test("class probabilities: none is 0, far above the score as little as far below it", () => {
  const far = classProbabilities(
    { score: Float32Array.of(0, 10), standardDeviation: Float32Array.of(1, 1), probabilities: null },
    asGiven,
  );
  assert.ok(far.every((one) => one > 0));
  row(far, 0).forEach((one, k) => near(one / row(far, 1)[10 - k]!, 1, 1e-6));
  const zeros = classProbabilities(
    { score: Float32Array.of(9), standardDeviation: null, probabilities: new Float32Array(11) },
    asGiven,
  );
  zeros.forEach((one) => near(one, 1 / 11, 1e-12));
});

Deno.test("calibration: the temperature undoes a head that is three times too sure, and leaves a calibrated one alone", () => {
  const { truth, probabilities } = plant(trainedShares, 4000, 2);
  const sure = probabilities.map((one) => one ** 3);
  const labelled = { truth, weight: ones(4000) };
  const fit = calibrateClasses(classHead(normalizedRows(sure)), labelled, trainedShares);
  near(fit.temperature, 3, 0.3);
  near(calibrateClasses(classHead(probabilities), labelled, trainedShares).temperature, 1, 0.1);
});

Deno.test("calibration: a bare score gets the variance of the residuals as its temperature", () => {
  const { truth, probabilities } = plant(new Array(11).fill(1 / 11), 4000, 3, 0.7);
  const score = classHead(probabilities).score;
  const variance = meanScore(score.map((one, i) => (one - truth[i]!) ** 2));
  const given = { score, standardDeviation: null, probabilities: null };
  const { temperature } = calibrateClasses(given, { truth, weight: ones(4000) }, classShares(truth));
  assert.ok(temperature > 0.6 * variance && temperature < 1.6 * variance, `${temperature} and ${variance}`);
});

Deno.test("calibration: classes come to their shares on average, also one that was never predicted", () => {
  const { truth, probabilities } = plant(trainedShares, 3000, 4);
  const never = probabilities.map((one, at) => at % 11 === 2 ? 0 : one);
  const given = classHead(normalizedRows(never));
  const calibration = calibrateClasses(given, { truth, weight: ones(3000) }, trainedShares);
  const calibrated = classProbabilities(given, calibration);
  for (let one = 0; one < 11; one++) {
    near(meanScore(calibrated.filter((_, at) => at % 11 === one)), trainedShares[one]!, 1e-4);
  }
  assert.deepEqual(calibrateClasses(given, { truth, weight: new Float64Array(3000) }, trainedShares), asGiven);
});

Deno.test("class shares: none is 0, and they are those of the scores but for one row", () => {
  const shares = classShares([9, 9.5, 10, 8.4]);
  near(shares.reduce((a, b) => a + b), 1, 1e-12);
  near(shares[10]!, 2 / 5 + 1 / 55, 1e-12);
  assert.equal(shares[0], 1 / 55);
});

Deno.test("mean shift: one constant brings the mean to the target, and no score leaves 0 to 10", () => {
  const scores = Float32Array.from({ length: 500 }, (_, i) => 5 + 5 * Math.sin(i));
  for (const target of [0, 0.3, 4, 6.1, 9.99, 10]) {
    const moved = moveMean(scores, target);
    near(meanScore(moved), target, 1e-5);
    assert.ok(moved.every((score) => score >= 0 && score <= 10));
    // One constant for all that it does not take out of the range.
    const steps = scores.map((score, i) => moved[i]! - score).filter((_, i) => moved[i]! > 0 && moved[i]! < 10);
    steps.forEach((step) => near(step, steps[0]!, 1e-5));
  }
  assert.ok(moveMean(scores, 6.1, { round: true }).every(Number.isInteger));
  assert.deepEqual([...moveMean(Float32Array.of(9), 6)].map((one) => one.toFixed(4)), ["6.0000"]);
});

Deno.test("expected scores: each class counts by its number", () => {
  const certain = new Float64Array(22);
  certain[7] = 1;
  certain[11 + 2] = certain[11 + 5] = 0.5;
  assert.deepEqual([...expectedScores(certain)], [7, 3.5]);
});

function normalizedRows(weights: Float64Array): Float64Array {
  return weights.map((one, at) => {
    const from = at - at % 11;
    return one / weights.subarray(from, from + 11).reduce((a, b) => a + b);
  });
}
