import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { choose, mix } from "../../../recipes/auto/choose.ts";

const rows = 400, random = new Philox(4);
const normals = (deviation: number) => Float64Array.from({ length: rows }, () => deviation * random.normal());
const plus = (...parts: Float64Array[]) =>
  Float64Array.from({ length: rows }, (_, i) => parts.reduce((sum, part) => sum + part[i]!, 5));
const signal = normals(1), hidden = normals(1), noise = normals(0.5);
const score = plus(signal, hidden, noise), constant = new Float64Array(rows).fill(5);
const alone = Uint32Array.from(score.keys()), fold = alone.map((row) => row % 5);
const complexity = [0, 1, 2];

Deno.test("auto: the simplest candidate within a standard error of the best is taken", () => {
  const rough = plus(signal, normals(0.3)), fine = plus(signal, normals(0.29));
  const { chosen, weights, rmse } = choose({
    score,
    predictions: [constant, rough, fine],
    fold,
    complexity,
    clusters: [alone],
  });
  assert.equal(chosen, 1);
  assert.deepEqual([...weights], [1, 0]);
  assert.ok(rmse[0]! > rmse[1]!);
  const alike = choose({ score, predictions: [constant, rough, fine], fold, complexity: [0, 1, 1], clusters: [alone] });
  assert.equal(alike.chosen, alike.rmse[1]! < alike.rmse[2]! ? 1 : 2, "of two as simple the better one");
  // Nothing but noise is no better than the constant.
  assert.equal(
    choose({ score, predictions: [constant, plus(normals(0.1))], fold, complexity, clusters: [alone] }).chosen,
    0,
  );
});

Deno.test("auto: a weighted mean is taken where candidates know different things", () => {
  const { chosen, weights, rmse } = choose({
    score,
    predictions: [constant, plus(signal), plus(hidden)],
    fold,
    complexity,
    clusters: [alone],
  });
  assert.equal(chosen, 3, "the weighted mean");
  assert.ok(weights.every((one) => one > 0.4 && one <= 0.51), `${weights}`);
  assert.ok(rmse[3]! < Math.min(rmse[1]!, rmse[2]!));
});

Deno.test("auto: rows that err together count as one, so that a difference of two groups is no evidence", () => {
  const halves = Uint32Array.from(score, (_, i) => i < rows / 2 ? 0 : 1);
  // Better on one half and worse on the other.
  const lucky = score.map((value, i) => i < rows / 2 ? value : 5 - 0.35 * (value - 5));
  assert.notEqual(choose({ score, predictions: [constant, lucky], fold, complexity, clusters: [alone] }).chosen, 0);
  const { chosen, rmse } = choose({ score, predictions: [constant, lucky], fold, complexity, clusters: [halves] });
  assert.deepEqual([chosen, rmse[1]! < rmse[0]!], [0, true]);
});

Deno.test("auto: weights leave the rest to the constant", () => {
  const mixed = mix([Float64Array.of(5, 5), Float64Array.of(9, 1), Float64Array.of(5, 9)], Float64Array.of(0.5, 0.25));
  assert.deepEqual([...mixed], [7, 4]);
});
