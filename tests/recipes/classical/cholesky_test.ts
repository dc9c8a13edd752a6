import assert from "node:assert/strict";
import { cholesky, choleskyInverse, choleskySolve, choleskySolveRows } from "../../../recipes/classical/cholesky.ts";
import { positiveDefinite } from "./positive_definite.ts";

const near = (got: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${what}: ${got}, wanted ${wanted}`);

for (const size of [1, 2, 47, 48, 49, 130]) {
  Deno.test(`cholesky: factor, solution and inverse of a ${size} x ${size} matrix multiply back to it`, () => {
    const a = positiveDefinite(size), factor = a.slice();
    cholesky(factor, size);
    const inverse = choleskyInverse(factor, size);
    const b = Float64Array.from({ length: size }, (_, i) => i - 3), x = b.slice();
    choleskySolve(factor, size, x);
    for (let i = 0; i < size; i++) {
      let product = 0, solved = 0;
      for (let j = 0; j < size; j++) {
        product += a[i * size + j]! * x[j]!;
        solved += (j <= i ? inverse[i * size + j]! : inverse[j * size + i]!) * b[j]!;
      }
      near(product, b[i]!, 1e-10, `row ${i}`);
      near(solved, x[i]!, 1e-10, `inverse, row ${i}`);
    }
  });
}

Deno.test("choleskySolveRows: solves for each row in the bits of choleskySolve", () => {
  for (const count of [0, 1, 4, 7]) {
    const factor = positiveDefinite(50);
    cholesky(factor, 50);
    const rows = Array.from(
      { length: count },
      (_, r) => Float64Array.from({ length: 50 }, (_, i) => Math.sin(i + 50 * r)),
    );
    const alone = rows.map((row) => row.slice());
    for (const row of alone) choleskySolve(factor, 50, row);
    choleskySolveRows(factor, 50, rows);
    assert.deepEqual(rows, alone);
  }
});

Deno.test("cholesky: a matrix that is not positive definite is refused", () => {
  assert.throws(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), {
    name: "MetrogradError",
    message: /positive definite/,
  });
});
