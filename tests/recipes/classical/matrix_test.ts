import { addRows, centered, columnMeans, dot, timesVector } from "../../../recipes/classical/matrix.ts";
import { assertClose } from "./rows.ts";

/** Σ in the order of the numbers. */
const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one, 0);

for (const [rows, columns] of [[1, 1], [3, 5], [4, 4], [9, 6]] as const) {
  Deno.test(`matrix: products of ${rows} rows of ${columns} with vectors are the sums that they stand for`, () => {
    const at = (i: number, j: number) => Math.cos(3 * i + j),
      u = Float64Array.from({ length: rows }, (_, i) => i + 0.5);
    const data = Float64Array.from({ length: rows * columns }, (_, k) => at(Math.floor(k / columns), k % columns));
    const x = { data, rows, columns }, v = Float64Array.from({ length: columns }, (_, j) => Math.sin(j));
    const along = Array.from(u, (_, i) => sumOf(v.map((value, j) => value * at(i, j))));
    assertClose(timesVector(x, v), along, 1e-14, "X v");
    assertClose(timesVector(x, v, rows - 1), along.slice(0, -1), 1e-14, "the first rows");
    assertClose([dot(data.subarray(0, columns), v)], along.slice(0, 1), 1e-14, "dot");
    const across = v.slice();
    addRows(across, x, u, -2);
    assertClose(across, v.map((value, j) => value - 2 * sumOf(u.map((one, i) => one * at(i, j)))), 1e-13, "Xᵀ u");
    const means = columnMeans(x);
    assertClose(means, v.map((_, j) => sumOf(u.map((_, i) => at(i, j))) / rows), 1e-14, "means");
    assertClose(centered(x, means).data, data.map((value, k) => value - means[k % columns]!), 1e-14, "centred");
  });
}
