import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { discriminantBasis, tripletDifferenceBasis } from "../../../recipes/classical/bases.ts";
import { MahalanobisMetric } from "../../../recipes/classical/mahalanobis.ts";
import { dot, type Matrix, rowOf } from "../../../recipes/classical/matrix.ts";
import { fitScml } from "../../../recipes/classical/scml.ts";
import { scoreTriplets } from "../../../recipes/classical/triplets.ts";
import { assertClose, matrixOf, normalRows } from "./rows.ts";

/** Scores that follow from the first of five coordinates. */
const x = normalRows(120, 5), score = Float64Array.from({ length: 120 }, (_, i) => 5 + 3 * rowOf(x, i)[0]!);
const triplets = scoreTriplets(score, 600, new Philox(4));

Deno.test("triplets: near rows are near in score, far ones far, no row is its own neighbour", () => {
  assert.equal(triplets.length, 1800);
  for (let t = 0; t < triplets.length; t += 3) {
    const [anchor, near, far] = triplets.subarray(t, t + 3);
    assert.notEqual(anchor, near);
    assert.ok(Math.abs(score[anchor!]! - score[near!]!) <= 1);
    assert.ok(Math.abs(score[anchor!]! - score[far!]!) >= 3);
  }
});

Deno.test("triplets: rare scores are anchors as often as frequent ones, and there are none without far rows", () => {
  const mostly = [...new Array<number>(96).fill(9), 1, 1, 1, 1];
  const drawn = scoreTriplets(mostly, 1000, new Philox(1));
  const rare = drawn.filter((row, at) => at % 3 === 0 && mostly[row] === 1).length;
  assert.ok(rare > 430 && rare < 570, `${rare} of 1000`);
  assert.equal(scoreTriplets([9, 9, 8, 10], 50, new Philox(1)).length, 0);
  assert.equal(scoreTriplets([], 50, new Philox(1)).length, 0);
});

const alongFirst = (basis: Matrix) =>
  Array.from({ length: basis.rows }, (_, k) => Math.abs(rowOf(basis, k)[0]!)).reduce((a, b) => a + b, 0) / basis.rows;

Deno.test("bases: directions are of length 1, lean to what tells rows apart, and repeat", () => {
  const classes = Array.from(score, (one) => one > 5 ? 1 : 0);
  for (
    const make of [
      () => tripletDifferenceBasis(x, triplets, 20, new Philox(2)),
      () => discriminantBasis(x, classes, 20, new Philox(2)),
    ]
  ) {
    const basis = make();
    assert.deepEqual(make(), basis);
    assert.equal(basis.rows, 20);
    for (let k = 0; k < 20; k++) assertClose([dot(rowOf(basis, k), rowOf(basis, k))], [1], 1e-12, `direction ${k}`);
    // Of random directions in five coordinates it is 0.36.
    assert.ok(alongFirst(basis) > 0.45, String(alongFirst(basis)));
  }
  assert.throws(() => discriminantBasis(x, new Uint8Array(120), 3, new Philox(1)), /at least two classes/);
  assert.throws(() => tripletDifferenceBasis(x, [0, 1, 1], 3, new Philox(1)), /no basis/);
});

Deno.test("scml: it finds the direction that the scores follow, with few weights, and repeats", () => {
  const basis = matrixOf([0, 1, 2, 3, 4].map((k) => [0, 1, 2, 3, 4].map((j) => j === k ? 1 : 0)));
  const learn = (beta: number) => fitScml({ x, triplets, basis }, { beta, maxIter: 2000, outputIter: 200 });
  const { weights, objective, metric } = learn(1e-3);
  assert.deepEqual(learn(1e-3).weights, weights);
  assert.ok(weights[0]! > 5 * Math.max(...weights.slice(1)), String(weights));
  assert.ok(objective < 0.2, String(objective));
  const matrix = metric.getMahalanobisMatrix();
  assertClose(Float64Array.from({ length: 5 }, (_, k) => matrix.data[6 * k]!), weights, 1e-12, "M's diagonal");
  assert.ok(learn(1e3).weights.every((weight) => weight === 0), "a strong penalty leaves no weight");
  assert.throws(() => fitScml({ x, triplets: [], basis }), /no triplets/);
});

Deno.test("mahalanobis: distances are those of M, and a metric of lowest rank has the same", () => {
  const basis = normalRows(9, 4, 3), weights = Float64Array.of(1, 0, 2, 0, 0.5, 0, 0, 3, 0);
  const metric = MahalanobisMetric.fromBasisWeights(basis, weights);
  assert.equal(metric.components.rows, 4);
  const a = normalRows(6, 4, 5), b = normalRows(6, 4, 6), matrix = metric.getMahalanobisMatrix();
  const wanted = Array.from({ length: 6 }, (_, i) => {
    const difference = rowOf(a, i).map((value, j) => value - rowOf(b, i)[j]!);
    return Math.sqrt(difference.reduce((sum, value, j) => sum + value * dot(rowOf(matrix, j), difference), 0));
  });
  assertClose(metric.pairDistance(a, b), wanted, 1e-12, "distances");
  assertClose(metric.pairScore(a, b), wanted.map((distance) => -distance), 1e-12, "scores");
  const one = MahalanobisMetric.fromBasisWeights(matrixOf([[3, 4], [6, 8]]), Float64Array.of(1, 1)).reduced();
  assert.equal(one.components.rows, 1);
  assertClose(one.getMahalanobisMatrix().data, [45, 60, 60, 80], 1e-12, "M");
});
