import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import {
  combine,
  combinedStandardDeviation,
  crossCombine,
  fitCombination,
  partsOf,
  simplexLeastSquares,
} from "../../../runs/ensemble/combine.ts";

const random = new Philox(3);
const normals = (count: number) => Array.from({ length: count }, () => random.normal());
const near = (a: number, b: number, by: number, what = "") =>
  assert.ok(Math.abs(a - b) <= by, `${what} ${a} against ${b}`);
const options = { evenness: 0, alpha: null };

/** Members that see the truth through noise of their own. */
function noisy(rows: number, ...noise: number[]) {
  const truth = normals(rows).map((one) => 5 + 2 * one);
  return {
    truth,
    weight: truth.map(() => 1),
    scores: noise.map((deviation) => normals(rows).map((one, i) => truth[i]! + deviation * one)),
  };
}

Deno.test("ensemble: a mean weighs all alike, inverse errors by 1 / mean squared error", () => {
  const rows = noisy(50, 1, 2);
  assert.deepEqual(fitCombination(rows, { ...options, name: "mean" }), { weights: [0.5, 0.5], intercept: 0 });
  const [a, b] = rows.scores.map((own) => own.reduce((sum, score, i) => sum + (score - rows.truth[i]!) ** 2, 0) / 50);
  const { weights } = fitCombination(rows, { ...options, name: "inverse-error" });
  near(weights[0]!, (1 / a!) / (1 / a! + 1 / b!), 1e-12);
  near(weights[0]! + weights[1]!, 1, 1e-12);
});

Deno.test("ensemble: least squares on the simplex meets the conditions of optimality, also where members agree", () => {
  for (const members of [1, 2, 7]) {
    const rows = noisy(40, ...normals(members).map(Math.abs));
    const errors = rows.scores.map((own) => own.map((score, i) => score - rows.truth[i]!));
    errors.push(errors[0]!);
    const products = errors.map((a) => errors.map((b) => a.reduce((sum, one, i) => sum + one * b[i]!, 0) / 40));
    for (const evenness of [0, 0.05]) {
      const weights = simplexLeastSquares(products, evenness);
      near(weights.reduce((sum, one) => sum + one, 0), 1, 1e-9);
      const slope = weights.map((own, i) =>
        weights.reduce((sum, one, j) => sum + products[i]![j]! * one, evenness * (own - 1 / weights.length))
      );
      const lowest = Math.min(...slope);
      weights.forEach((one, i) => {
        assert.ok(one >= 0);
        // Karush-Kuhn-Tucker: who has weight has the lowest slope.
        if (one > 0) near(slope[i]!, lowest, 1e-9, `slope of ${i}`);
      });
    }
  }
});

Deno.test("ensemble: weights follow the rows that count", () => {
  const truth = [1, 2, 3, 4], scores = [[1, 2, 0, 0], [0, 0, 3, 4]];
  const weightsOf = (weight: number[]) =>
    fitCombination({ truth, scores, weight }, { ...options, name: "weighted" }).weights;
  assert.deepEqual(weightsOf([1, 1, 0, 0]), [1, 0]);
  assert.deepEqual(weightsOf([0, 0, 1, 1]), [0, 1]);
  assert.throws(() => weightsOf([0, 0, 0, 0]), /no validation rows to weigh the members/);
});

Deno.test("ensemble: stacking finds the scale and offset of members that lack them", () => {
  const rows = noisy(400, 0.1);
  const scores = [rows.truth.map((score) => 0.5 * score + 1), normals(400)];
  const { weights, intercept } = fitCombination({ ...rows, scores }, { ...options, name: "stacked" });
  near(weights[0]!, 2, 0.01);
  near(weights[1]!, 0, 0.01);
  near(intercept, -2, 0.05);
  const held = fitCombination({ ...rows, scores }, { ...options, alpha: 1000, name: "stacked" });
  assert.ok(held.weights[0]! < weights[0]!, "a given penalty is used");
});

Deno.test("ensemble: a row's cross-fitted score does not depend on its own truth", () => {
  const rows = noisy(30, 1, 1, 2), part = partsOf(30);
  for (const name of ["inverse-error", "weighted", "stacked"] as const) {
    const before = crossCombine(rows, { ...options, name }, part);
    const truth = rows.truth.map((score, i) => i === 7 ? score + 100 : score);
    const after = crossCombine({ ...rows, truth }, { ...options, name }, part);
    assert.equal(after[7], before[7], name);
    assert.notDeepEqual([...after], [...before], name);
  }
});

Deno.test("ensemble: members between whom nothing is to choose beat each of them, and standard deviation tells their disagreement", () => {
  const rows = noisy(200, 1, 1, 1);
  const error = (predicted: ArrayLike<number>) =>
    rows.truth.reduce((sum, score, i) => sum + (predicted[i]! - score) ** 2, 0);
  const combined = crossCombine(rows, { ...options, name: "weighted" }, partsOf(200));
  for (const own of rows.scores) assert.ok(error(combined) < 0.6 * error(own));
  const combination = { weights: [0.5, 0.5], intercept: 1 };
  assert.deepEqual([...combine([[2], [4]], combination)], [4]);
  // √(own variances 9 + 16 in the mean, and 1 between them)
  near(combinedStandardDeviation([[2], [4]], [[3], [4]], combination)[0]!, Math.sqrt(12.5 + 1), 1e-12);
  near(
    combinedStandardDeviation([[2], [4]], [[3], [4]], { weights: [0, 0], intercept: 1 })[0]!,
    Math.sqrt(13.5),
    1e-12,
  );
});
