import assert from "node:assert/strict";
import { leadingEigenpairs, symmetricEigenpairs } from "../../../recipes/classical/eigen.ts";
import { dot, type Matrix, rowOf, rowProducts } from "../../../recipes/classical/matrix.ts";
import { KernelPca } from "../../../recipes/classical/kernel_pca.ts";
import { Pca } from "../../../recipes/classical/pca.ts";
import { assertClose, matrixOf, normalRows } from "./rows.ts";

/** Fails unless the vectors are of length 1, at right angles to each other, and kept in direction by the matrix. */
function assertPairs(matrix: Matrix, count: number) {
  const { values, vectors } = symmetricEigenpairs(matrix, count);
  assert.deepEqual([values.length, vectors.rows], [count, count]);
  for (let k = 0; k < count; k++) {
    const vector = rowOf(vectors, k);
    const image = Float64Array.from({ length: matrix.rows }, (_, i) => dot(rowOf(matrix, i), vector));
    const scale = Math.abs(values[0]!) || 1;
    image.forEach((value, i) => assert.ok(Math.abs(value - values[k]! * vector[i]!) < 1e-8 * scale, `pair ${k}`));
    for (let j = 0; j <= k; j++) {
      assert.ok(Math.abs(dot(rowOf(vectors, j), vector) - (j === k ? 1 : 0)) < 1e-10, `vectors ${j} and ${k}`);
    }
    assert.ok(k === 0 || values[k]! <= values[k - 1]! + 1e-12 * scale, "from the greatest down");
  }
  return values;
}

for (const [size, count] of [[1, 1], [2, 2], [7, 7], [60, 60], [150, 5]] as const) {
  Deno.test(`eigen: ${count} pairs of a ${size} x ${size} matrix`, () => {
    const x = normalRows(size + 3, size), { rows, columns } = x;
    const turned = { data: Float64Array.from(x.data, (_, at) => x.data[at % rows * columns + Math.floor(at / rows)]!) };
    const gram = rowProducts({ ...turned, rows: columns, columns: rows }, { ...turned, rows: columns, columns: rows });
    const trace = Array.from({ length: size }, (_, i) => gram.data[i * (size + 1)]!).reduce((a, b) => a + b, 0);
    const values = assertPairs(gram, count);
    if (count === size) assertClose([values.reduce((a, b) => a + b, 0)], [trace], 1e-12, "the sum of the eigenvalues");
  });
}

Deno.test("eigen: repeated, negative and zero eigenvalues are found with all their vectors", () => {
  const diagonal = (numbers: readonly number[]) =>
    matrixOf(numbers.map((one, i) => numbers.map((_, j) => i === j ? one : 0)));
  for (const numbers of [[1, 1, 1, 1], [0, 0, 0], [3, -2, 3, 0, -2], [5, 5, 0, 0, 0, 0]]) {
    assertClose(assertPairs(diagonal(numbers), numbers.length), numbers.toSorted((a, b) => b - a), 1e-12, `${numbers}`);
  }
});

Deno.test("eigen: the same matrix gives the same bits, and few pairs are the first of all", () => {
  const x = normalRows(80, 80), symmetric = rowProducts(x, x);
  const multiply = (v: Float64Array) => Float64Array.from({ length: 80 }, (_, i) => dot(rowOf(symmetric, i), v));
  const few = leadingEigenpairs(multiply, 80, 4);
  assert.deepEqual(leadingEigenpairs(multiply, 80, 4), few);
  assertClose(few.values, symmetricEigenpairs(symmetric).values.slice(0, 4), 1e-10, "values");
});

Deno.test("pca: of rows on a line the first component is the line and no variance is left", () => {
  const rows = Array.from({ length: 9 }, (_, i) => [3 * i + 1, 4 * i, 7]);
  const pca = Pca.fit(matrixOf(rows), 3);
  assertClose(pca.mean, [13, 16, 7], 1e-12, "mean");
  const sign = Math.sign(pca.components.data[0]!);
  assertClose(rowOf(pca.components, 0).map((value) => sign * value), [0.6, 0.8, 0], 1e-10, "direction");
  assertClose(pca.explainedVarianceRatio, [1, 0, 0], 1e-12, "ratio");
  assertClose(pca.explainedVariance, [25 * 7.5, 0, 0], 1e-12, "variance");
  assert.throws(() => Pca.fit(matrixOf([[1, 2]]), 1), /at least two rows/);
});

for (const [rows, columns, components] of [[300, 12, 3], [30, 190, 1]] as const) {
  Deno.test(`pca: of ${rows} rows of ${columns} a fit in steps is the same, and says how many are done`, async () => {
    const x = normalRows(rows, columns), told: (readonly [number, number])[] = [];
    const pca = await Pca.fitInSteps(x, components, (...step) => Promise.resolve(void told.push(step)));
    assert.deepEqual(pca, Pca.fit(x, components));
    assert.deepEqual(told[0]![0], 0);
    assert.ok(told.length > 10 && told.every(([done, total]) => done < total));
    // The variance along the components is what it says.
    const along = pca.transform(x);
    const variance = Array.from(pca.explainedVariance, (_, k) => {
      const values = Array.from({ length: rows }, (_, i) => rowOf(along, i)[k]!);
      return values.reduce((sum, value) => sum + value ** 2, 0) / (rows - 1);
    });
    assertClose(variance, pca.explainedVariance, 1e-9, "variance");
    assert.ok(pca.explainedVariance.every((one, k) => one <= (pca.explainedVariance[k - 1] ?? Infinity)));
  });
}

Deno.test("kernel pca: with all components, coordinates multiply to the centred kernel", () => {
  const x = normalRows(12, 3), gamma = 0.4;
  const pca = KernelPca.fit(x, { components: 12, gamma }), scores = pca.transform(x);
  const kernel = (i: number, j: number) =>
    Math.exp(-gamma * rowOf(x, i).reduce((sum, value, k) => sum + (value - rowOf(x, j)[k]!) ** 2, 0));
  const all = Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (_, j) => kernel(i, j)));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = all.map(mean);
  const wanted = all.flatMap((row, i) => row.map((value, j) => value - means[i]! - means[j]! + mean(means)));
  assertClose(rowProducts(scores, scores).data, wanted, 1e-9, "products");
});
