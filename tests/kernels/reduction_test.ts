import assert from "node:assert/strict";
import { sumColumnsReference, sumRowsReference } from "../../kernels/reduction/sum.ref.ts";
import { sumAll } from "../../kernels/reduction/sum_all.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { sumRows } from "../../kernels/reduction/sum_rows.ts";
import { assertClose, KernelHarness, normals } from "./harness.ts";

const harness = await KernelHarness.open();

for (const { kind, launcher } of harness.launchers) {
  Deno.test(`reduction: column sums equal the reference (${kind})`, async () => {
    for (const [rows, columns] of [[1, 1], [5, 65], [64, 64], [257, 3], [4099, 2], [192, 3], [768, 3]] as const) {
      const data = normals(rows * columns, 1), expected = sumColumnsReference(data, rows, columns);
      const x = harness.upload(data), y = harness.output(columns), z = harness.output(columns, data.slice(0, columns));
      sumColumns(launcher, { x, y, rows, columns });
      sumColumns(launcher, { x, y: z, rows, columns, scale: 0.5, accumulate: true });
      const [sums, added] = await harness.read(y, z);
      assertClose(sums, expected, { atol: 1e-5, what: `${rows} x ${columns}` });
      assertClose(added, expected.map((sum, i) => data[i]! + sum / 2), { atol: 1e-5 });
    }
  });

  Deno.test(`reduction: row sums equal the reference (${kind})`, async () => {
    for (const [rows, columns] of [[1, 1], [9, 65], [33, 130], [41, 8]] as const) {
      const data = normals(rows * columns, 2), y = harness.output(rows);
      sumRows(launcher, { x: harness.upload(data), y, rows, columns, scale: 2 });
      assertClose((await harness.read(y))[0], sumRowsReference(data, rows, columns).map((sum) => 2 * sum), {
        atol: 1e-5,
      });
    }
  });

  Deno.test(`reduction: the sum of all elements is exact for small integers (${kind})`, async () => {
    for (const count of [1, 63, 256, 257, 4161, 100_003]) {
      const data = Float32Array.from({ length: count }, (_, i) => i % 7);
      const y = harness.output(1), mean = harness.output(1);
      const x = harness.upload(data);
      sumAll(launcher, { x, y, count });
      sumAll(launcher, { x, y: mean, count, scale: 1 / count });
      const [[sum], [average]] = await harness.read(y, mean);
      const expected = data.reduce((a, b) => a + b);
      assert.equal(sum, expected);
      assertClose([average!], [expected / count], { rtol: 1e-7 });
    }
  });
}

Deno.test("reduction: a block of a wider matrix is summed without its neighbours", async () => {
  const y = harness.output(2);
  const x = harness.upload([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  sumColumns(harness.launcher, { x, y, rows: 3, columns: 2, stride: 4, offset: 1 });
  assert.deepEqual([...(await harness.read(y))[0]], [18, 21]);
});

Deno.test("reduction: the same bits on every run", async () => {
  const count = 70_001, x = harness.upload(normals(count, 3));
  const a = harness.output(1), b = harness.output(1);
  sumAll(harness.launcher, { x, y: a, count });
  sumAll(harness.launcher, { x, y: b, count });
  const [first, second] = await harness.read(a, b);
  assert.deepEqual(first, second);
});

Deno.test("reduction: a grid of more than 65,535 workgroups reaches its last row", async () => {
  const rows = 65_600 * 8, data = Float32Array.from({ length: rows }, (_, i) => i % 5);
  const y = harness.output(rows);
  sumRows(harness.launchers[0]!.launcher, { x: harness.upload(data), y, rows, columns: 1 });
  assertClose((await harness.read(y))[0], data, { rtol: 0, atol: 0 });
});
