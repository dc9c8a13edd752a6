import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { dot, rowOf } from "../../../recipes/classical/matrix.ts";
import { Pca } from "../../../recipes/classical/pca.ts";
import { rightSingularVectors } from "../../../recipes/classical/truncated_svd.ts";

/** Rows of a few strengths in random directions, each beside its negative so that their mean is 0, and 0 elsewhere. */
function rowsOfRank(rank: number, columns: number) {
  const random = new Philox(3, 5);
  const directions = Array.from({ length: rank }, () => Float64Array.from({ length: columns }, () => random.normal()));
  const rows: Float64Array[] = [];
  for (let i = 0; i < 40; i++) {
    const row = new Float64Array(columns);
    directions.forEach((direction, k) => {
      const share = random.normal() / (k + 1);
      direction.forEach((value, j) => row[j]! += j % 3 === 0 ? 0 : share * value);
    });
    rows.push(row, row.map((value) => -value));
  }
  const sparse = rows.map((row) => {
    const columns = Uint32Array.from(row.keys()).filter((j) => row[j] !== 0);
    return { columns, values: Float64Array.from(columns, (j) => row[j]!) };
  });
  return { sparse, dense: { data: Float64Array.from(rows.flatMap((row) => [...row])), rows: rows.length, columns } };
}

Deno.test("truncated SVD: vectors of sparse rows are the principal directions of the same rows without their zeros left out", () => {
  // Of 80 rows: 5 vectors by iteration, 70 by the products of rows.
  for (const [columns, count] of [[30, 5], [90, 70]] as const) {
    const { sparse, dense } = rowsOfRank(12, columns), found = rightSingularVectors(sparse, columns, count);
    const { components } = Pca.fit(dense, 5);
    for (let i = 0; i < 5; i++) {
      const cosine = Math.abs(dot(rowOf(found, i), rowOf(components, i)));
      assert(Math.abs(cosine - 1) < 1e-6, `${count} vectors: the cosine of vector ${i} is ${cosine}`);
    }
  }
});

Deno.test("truncated SVD: vectors that the rows do not have are 0, also of one row and of none", () => {
  const lengths = (of: ReturnType<typeof rightSingularVectors>) =>
    Array.from({ length: of.rows }, (_, i) => Math.round(1e9 * dot(rowOf(of, i), rowOf(of, i))) / 1e9);
  assert.deepEqual(lengths(rightSingularVectors(rowsOfRank(2, 20).sparse, 20, 4)), [1, 1, 0, 0]);
  const one = { columns: Uint32Array.of(1, 3), values: Float64Array.of(3, 4) };
  const vector = rightSingularVectors([one], 5, 2);
  assert.deepEqual(Array.from(rowOf(vector, 0), (x) => Math.round(1e9 * Math.abs(x)) / 1e9), [0, 0.6, 0, 0.8, 0]);
  assert.deepEqual(lengths(vector), [1, 0]);
  assert.deepEqual(lengths(rightSingularVectors([], 5, 2)), [0, 0]);
});
