import assert from "node:assert/strict";
import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { copyColumnsReference, transposeReference } from "../../kernels/shape/shape.ref.ts";
import { transpose } from "../../kernels/shape/transpose.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

Deno.test("copy columns: copies or adds a block and leaves the other columns alone", async () => {
  for (
    const sizes of [
      { rows: 1, width: 1, sourceColumns: 1, destinationColumns: 1 },
      { rows: 5, width: 65, sourceColumns: 67, sourceFrom: 2, destinationColumns: 70, destinationFrom: 3 },
      { rows: 3, width: 260, sourceColumns: 264, sourceFrom: 4, destinationColumns: 272, destinationFrom: 8 },
      { rows: 2, width: 4, sourceColumns: 4, destinationColumns: 8, destinationFrom: 4, accumulate: true },
      { rows: 9, width: 3, sourceColumns: 3, destinationColumns: 8, destinationFrom: 5, accumulate: true },
    ]
  ) {
    const source = normals(sizes.rows * sizes.sourceColumns, 1),
      before = normals(sizes.rows * sizes.destinationColumns, 2);
    const destination = harness.output(before.length, before);
    copyColumns(launcher, { ...sizes, source: harness.upload(source), destination });
    const expected = copyColumnsReference(source, before, sizes);
    assertClose((await harness.read(destination))[0], expected, { rtol: 1e-7, atol: 1e-7 });
  }
});

Deno.test("copy columns: more rows than one grid dimension holds", async () => {
  const rows = 65_600, source = Float32Array.from({ length: rows }, (_, i) => i);
  const destination = harness.output(rows);
  copyColumns(launcher, {
    source: harness.upload(source),
    destination,
    rows,
    width: 1,
    sourceColumns: 1,
    destinationColumns: 1,
  });
  assert.deepEqual((await harness.read(destination))[0], source);
});

Deno.test("copy columns: copying the block back is the backward pass", () => {
  const forward = { rows: 3, width: 2, sourceColumns: 4, sourceFrom: 1, destinationColumns: 2 };
  const backward = { rows: 3, width: 2, sourceColumns: 2, destinationColumns: 4, destinationFrom: 1 };
  const x = normals(12, 1), dy = normals(6, 2);
  const loss = (at: Float64Array) =>
    copyColumnsReference(at, new Float64Array(6), forward).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  assertClose(copyColumnsReference(dy, new Float64Array(12), backward), numericalGradient(loss, x), { atol: 1e-8 });
});

Deno.test("transpose: every element lands in its place", async () => {
  for (const [batch, rows, columns] of [[1, 1, 1], [1, 65, 3], [1, 3, 65], [4, 7, 5]] as const) {
    const x = normals(batch * rows * columns, 3), y = harness.output(x.length);
    transpose(launcher, { x: harness.upload(x), y, rows, columns, batch });
    assertClose((await harness.read(y))[0], transposeReference(x, rows, columns), { rtol: 0, atol: 0 });
  }
});
