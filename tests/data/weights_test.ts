import assert from "node:assert/strict";
import { sqrtInverseWeights } from "../../data/weights.ts";

/** The train scores of the task: value and count. */
const marginal = [
  [0, 13],
  [1, 6],
  [2, 5],
  [3, 7],
  [4, 3],
  [5, 1],
  [6, 45],
  [7, 95],
  [8, 259],
  [9, 3123],
  [9.5, 1],
  [10, 1442],
] as const;
const scores = marginal.flatMap(([score, count]) => new Array<number>(count).fill(score));

Deno.test("weights: the real train scores get the weights computed by hand", () => {
  const weights = sqrtInverseWeights(scores);
  const of = (score: number) => weights[scores.indexOf(score)]!;
  assert.equal(of(5), 8); // √3123 is clipped
  assert.equal(of(9), 1.5);
  assert.ok(Math.abs(of(7) - Math.sqrt(3123 / 95)) < 1e-6);
  assert.ok(Math.abs(of(8) - Math.sqrt(3123 / 259)) < 1e-6);
  // 9.5 counts with the tens: 1443 of them.
  assert.ok(Math.abs(of(10) - 1.3 * Math.sqrt(3123 / 1443)) < 1e-6);
  assert.equal(of(9.5), of(10));
});

Deno.test("weights: temperature, bounds and boost are options", () => {
  const given = [1, 1, 1, 1, 9];
  assert.deepEqual([...sqrtInverseWeights(given, { temperature: 1, boost: false })], [1, 1, 1, 1, 4]);
  assert.deepEqual([...sqrtInverseWeights(given, { temperature: 1, maximum: 2, minimum: 1.5 })], [
    1.5,
    1.5,
    1.5,
    1.5,
    3,
  ]);
});
