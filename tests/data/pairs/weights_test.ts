import assert from "node:assert/strict";
import { scoreClass } from "../../../data/scores.ts";
import { scoreRangeWeights, sqrtInverseWeights } from "../../../data/pairs/weights.ts";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import { sharedPath } from "../../shared.ts";

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

Deno.test("weights: score ranges count among all rows and among those of the metric", () => {
  // Overall 1, 2 and 5 rows a range; under metric 0 it is 1, 0 and 3, under metric 1 it is 0, 2 and 2.
  const score = [3.9, 4, 7.9, 8, 9, 10, 10, 9.5], metric = [0, 1, 1, 0, 0, 0, 1, 1];
  const weights = scoreRangeWeights(score, metric, { temperature: 1, minimum: 0 });
  const expected = [Math.sqrt(5 * 3), Math.sqrt(5 / 2), Math.sqrt(5 / 2), 1, 1, 1, 1, 1];
  weights.forEach((weight, row) => assert.ok(Math.abs(weight - expected[row]!) < 1e-6, `${row}: ${weight}`));
  assert.deepEqual([...scoreRangeWeights(score, metric, { temperature: 1, minimum: 1.2, maximum: 2 })].slice(0, 4), [
    2,
    ...[5 / 2, 5 / 2].map((ratio) => Math.fround(Math.sqrt(ratio))),
    Math.fround(1.2),
  ]);
});

const fixture = sharedPath("fixtures/classical/sample_weights.safetensors");

Deno.test({
  name: `weights: the fixture of PyTorch's side is met${fixture ? "" : " (skipped: no shared fixtures)"}`,
  ignore: fixture === null,
  async fn() {
    const { tensors } = await readSafetensors(fixture!);
    const values = (name: string) => Array.from(tensors.get(name)!.data, Number);
    const classes = values("in.counts").flatMap((count, one) => new Array<number>(count).fill(one));
    const weights = sqrtInverseWeights(classes);
    assert.deepEqual(values("in.score").map(scoreClass), values("out.class"));
    values("out.weight_of_class").forEach((expected, one) => {
      const found = weights[classes.indexOf(one)]!;
      assert.ok(Math.abs(found - expected) < 8e-5, `class ${one}: ${found} instead of ${expected}`);
    });
  },
});
