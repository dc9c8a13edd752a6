import assert from "node:assert/strict";
import { IsotonicRegression } from "../../../recipes/classical/isotonic.ts";
import { MahalanobisMetric } from "../../../recipes/classical/mahalanobis.ts";
import { dot, rowOf } from "../../../recipes/classical/matrix.ts";
import { KNeighborsRegressor } from "../../../recipes/classical/neighbours.ts";
import { Ridge } from "../../../recipes/classical/ridge.ts";
import { assertClose, matrixOf, normalRows } from "./rows.ts";

const x = normalRows(30, 4), y = normalRows(30, 1, 2).data.map((value, i) => 5 + value + 2 * rowOf(x, i)[1]!);
const weight = Float64Array.from({ length: 30 }, (_, i) => i % 4);

Deno.test("ridge: the weighted objective has no slope at what was fitted, and the intercept bears no penalty", () => {
  const alpha = 3, { coef, intercept } = Ridge.fit({ x, y, weight }, alpha);
  const slopes = new Float64Array(5);
  for (let i = 0; i < 30; i++) {
    const residual = weight[i]! * (dot(rowOf(x, i), coef) + intercept - y[i]!);
    rowOf(x, i).forEach((value, j) => slopes[j]! += residual * value);
    slopes[4]! += residual;
  }
  coef.forEach((value, j) => slopes[j]! += alpha * value);
  slopes.forEach((slope) => assert.ok(Math.abs(slope) < 1e-10, String(slopes)));
});

Deno.test("ridge: a row of weight 2 counts as two rows, one of weight 0 as none", () => {
  const twice = matrixOf([[1, 2], [0, 1], [3, 1], [3, 1]]), once = matrixOf([[1, 2], [0, 1], [3, 1], [9, 9]]);
  const a = Ridge.fit({ x: twice, y: Float64Array.of(1, 2, 5, 5) }, 0.5);
  const b = Ridge.fit({ x: once, y: Float64Array.of(1, 2, 5, -90), weight: Float64Array.of(1, 1, 2, 0) }, 0.5);
  assertClose(a.coef, b.coef, 1e-12, "coef");
  assert.throws(() => Ridge.fit({ x: once, y: new Float64Array(4), weight: new Float64Array(4) }, 1), /no rows/);
  assert.throws(() => Ridge.fit({ x: once, y: new Float64Array(3) }, 1), { name: "ShapeError" });
});

Deno.test("ridge: the search keeps the strength with the lowest error on rows that were held out", () => {
  const train = { x: matrixOf([[0], [1], [2]]), y: Float64Array.of(0, 1, 2) };
  const lineOf = (slope: number) => ({ x: matrixOf([[0], [2]]), y: Float64Array.of(1 - slope, 1 + slope) });
  // With one feature the slope is 2 / (2 + alpha).
  const found = [0.5, 2, 8].map((alpha) => Ridge.search(train, lineOf(2 / (2 + alpha)), [0.5, 2, 8]));
  assert.deepEqual(found.map(({ alpha }) => alpha), [0.5, 2, 8]);
  found.forEach(({ validationRmse }) => assert.ok(validationRmse < 1e-7));
});

Deno.test("ridge: leaving rows out by their leverage is leaving them out", () => {
  const alphas = [0.01, 2, 40, 300];
  const total = weight.reduce((sum, one) => sum + one, 0);
  const errors = alphas.map((alpha) => {
    const squares = Array.from({ length: 30 }, (_, left) => {
      const ridge = Ridge.fit({ x, y, weight: weight.with(left, 0) }, alpha);
      const [predicted] = ridge.predict({ data: rowOf(x, left), rows: 1, columns: 4 });
      return weight[left]! * (y[left]! - predicted!) ** 2;
    });
    return Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / total);
  });
  alphas.forEach((alpha, i) => {
    const { validationRmse } = Ridge.searchLeaveOneOut({ x, y, weight }, [alpha]);
    assert.ok(Math.abs(validationRmse - errors[i]!) < 1e-9, `alpha ${alpha}: ${validationRmse}, ${errors[i]}`);
  });
  const { alpha, ridge } = Ridge.searchLeaveOneOut({ x, y, weight }, alphas);
  assert.equal(alpha, alphas[errors.indexOf(Math.min(...errors))]);
  assert.deepEqual(ridge, Ridge.fit({ x, y, weight }, alpha));
});

Deno.test("ridge: with fewer rows than features it is fitted by the products of rows, to the same and with the same errors", () => {
  const wide = normalRows(9, 20, 3),
    target = normalRows(9, 1, 4).data,
    counts = Float64Array.of(1, 2, 0, 1, 3, 1, 1, 0.5, 2);
  const rows = { x: wide, y: target, weight: counts };
  // Rows that count for nothing make it the tall form.
  const padded = {
    x: { data: Float64Array.of(...wide.data, ...new Float64Array(20 * 20)), rows: 29, columns: 20 },
    y: Float64Array.of(...target, ...new Float64Array(20)),
    weight: Float64Array.of(...counts, ...new Float64Array(20)),
  };
  for (const alpha of [0.1, 5]) {
    const own = Ridge.fit(rows, alpha), tall = Ridge.fit(padded, alpha);
    assertClose(own.coef, tall.coef, 1e-10, `coef at ${alpha}`);
    assert.ok(Math.abs(own.intercept - tall.intercept) < 1e-10);
    const error = (given: typeof rows) => Ridge.searchLeaveOneOut(given, [alpha]).validationRmse;
    assert.ok(Math.abs(error(rows) - error(padded)) < 1e-9, `left out at ${alpha}`);
  }
});

Deno.test("isotonic: equals the best of all increasing fits, by min-max of means", () => {
  const at = Float64Array.from({ length: 12 }, (_, i) => (7 * i) % 12);
  const target = Float64Array.from(at, (place, i) => place + 4 * Math.sin(3 * i));
  const counts = Float64Array.from({ length: 12 }, (_, i) => 1 + i % 3);
  const order = Array.from(at.keys()).sort((i, j) => at[i]! - at[j]!);
  const mean = (from: number, to: number) => {
    const part = order.slice(from, to + 1);
    return part.reduce((sum, i) => sum + counts[i]! * target[i]!, 0) / part.reduce((sum, i) => sum + counts[i]!, 0);
  };
  const fitted = IsotonicRegression.fit(at, target, counts).predict(at);
  order.forEach((i, place) => {
    const greatest = Array.from(
      { length: place + 1 },
      (_, from) => Math.min(...Array.from({ length: 12 - place }, (_, k) => mean(from, place + k))),
    );
    assert.ok(Math.abs(fitted[i]! - Math.max(...greatest)) < 1e-12);
  });
});

Deno.test("isotonic: between points it is linear, beyond them constant; points of weight 0 are passed over", () => {
  const fitted = IsotonicRegression.fit(
    Float64Array.of(0, 1, 1, 3, 2),
    Float64Array.of(0, 1, 3, 6, 99),
    Float64Array.of(1, 1, 1, 1, 0),
  );
  assert.deepEqual([...fitted.predict(Float64Array.of(-5, 0.5, 1, 2, 4))], [0, 1, 2, 4, 6]);
  assert.deepEqual([...IsotonicRegression.fit(Float64Array.of(2), Float64Array.of(7)).predict(Float64Array.of(1, 3))], [
    7,
    7,
  ]);
  assert.throws(() => IsotonicRegression.fit(new Float64Array(0), new Float64Array(0)), /no points/);
});

Deno.test("neighbours: means over the nearest rows under a metric, near ones for more where asked", () => {
  const rows = matrixOf([[0, 0], [1, 9], [2, -9], [10, 0]]), scores = Float64Array.of(1, 2, 6, 100);
  const first = new MahalanobisMetric(matrixOf([[1, 0]]));
  const predict = (options: object) =>
    new KNeighborsRegressor(rows, scores, { neighbors: 3, ...options }).predict(matrixOf([[0.5, 0], [10, 1]]));
  assertClose(predict({ metric: first }), [3, 36], 1e-12, "under a metric of the first coordinate");
  assertClose(predict({ neighbors: 1 }), [1, 100], 1e-12, "Euclidean");
  const weighted = predict({ metric: first, weights: "distance" });
  assertClose(weighted, [(2 * 1 + 2 * 2 + 6 / 1.5) / (4 + 1 / 1.5), 100], 1e-12, "by distance");
  assert.throws(() => new KNeighborsRegressor(rows, scores, { neighbors: 0 }), /at least 1/);
});
