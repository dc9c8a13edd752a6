import assert from "node:assert/strict";
import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { copyStrided, type CopyStridedOptions, type StridedAxis, stridesOf } from "../../kernels/shape/copy_strided.ts";
import { gather, gatherBackward } from "../../kernels/shape/gather.ts";
import {
  copyColumnsReference,
  copyStridedReference,
  gatherBackwardReference,
  gatherReference,
  transposeReference,
} from "../../kernels/shape/shape.ref.ts";
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
  assertClose((await harness.read(destination))[0], source, { rtol: 0, atol: 0 });
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

/** Axes of a permutation of a contiguous tensor. */
function permutation(shape: readonly number[], order: readonly number[]): StridedAxis[] {
  const from = stridesOf(shape), to = stridesOf(order.map((axis) => shape[axis]!));
  return order.map((axis, i) => ({ size: shape[axis]!, from: from[axis]!, to: to[i]! }));
}

Deno.test("copy strided: permutations, steps and repetitions equal the reference, added or not", async () => {
  const cases: Omit<CopyStridedOptions, "source" | "destination">[] = [
    { axes: [] },
    { axes: permutation([65, 33], [1, 0]) },
    { axes: permutation([3, 5, 7], [2, 0, 1]) },
    { axes: permutation([2, 3, 5, 8], [0, 2, 1, 3]) },
    { axes: permutation([2, 3, 2, 3, 2, 2], [5, 3, 1, 4, 2, 0]) },
    { axes: permutation([2, 3, 4, 2, 3, 8], [4, 2, 0, 3, 1, 5]) },
    // Every third element from the second on, and rows that repeat.
    { axes: [{ size: 7, from: 13, to: 4 }, { size: 4, from: 3, to: 1 }], sourceOffset: 1 },
    { axes: [{ size: 3, from: 0, to: 8 }, { size: 8, from: 1, to: 1 }], destinationOffset: 4 },
    { axes: [{ size: 3, from: 4, to: 12 }, { size: 4, from: 1, to: 3 }], destinationOffset: 1 },
  ];
  for (const options of cases) {
    const reach = (side: "from" | "to") => options.axes.reduce((sum, axis) => sum + (axis.size - 1) * axis[side], 1);
    const source = normals(reach("from") + (options.sourceOffset ?? 0), 1);
    const before = normals(reach("to") + (options.destinationOffset ?? 0), 2);
    for (const accumulate of [false, true]) {
      const destination = harness.output(before.length, before);
      copyStrided(launcher, { ...options, source: harness.upload(source), destination, accumulate });
      const expected = copyStridedReference(source, before, { ...options, accumulate });
      const what = JSON.stringify(options);
      assertClose((await harness.read(destination))[0], expected, { rtol: 0, atol: accumulate ? 1e-6 : 0, what });
    }
  }
});

const gathers = [
  { outer: 1, size: 1, inner: 1, picked: 1 },
  { outer: 33, size: 17, inner: 1, picked: 1 },
  { outer: 1, size: 5, inner: 6, picked: 65 },
  { outer: 4, size: 9, inner: 3, picked: 13 },
];
const positions = (count: number, size: number) => Uint32Array.from({ length: count }, (_, i) => (i * i + 1) % size);

Deno.test("gather: elements and their summed gradients equal the reference where positions repeat", async () => {
  for (const sizes of gathers) {
    const { outer, size, inner, picked } = sizes, count = outer * picked * inner;
    const x = normals(outer * size * inner, 1), dy = normals(count, 2), index = positions(count, size);
    const y = harness.output(count), dx = harness.output(x.length), added = harness.output(x.length, x);
    const options = { ...sizes, index: harness.upload(index) };
    gather(launcher, { ...options, x: harness.upload(x), y });
    gatherBackward(launcher, { ...options, dy: harness.upload(dy), dx });
    gatherBackward(launcher, { ...options, dy: harness.upload(dy), dx: added, accumulate: true });
    const [values, gradient, sum] = await harness.read(y, dx, added);
    const expected = gatherBackwardReference(dy, index, sizes), what = JSON.stringify(sizes);
    assertClose(values, gatherReference(x, index, sizes), { rtol: 0, atol: 0, what });
    assertClose(gradient, expected, { atol: 1e-5, what });
    assertClose(sum, expected.map((value, i) => value + x[i]!), { atol: 1e-5, what });
  }
});

Deno.test("gather: a position beyond the axis gives NaN", async () => {
  const y = harness.output(2), index = harness.upload(Uint32Array.of(2, 1));
  gather(launcher, { x: harness.upload([5, 6]), index, y, outer: 1, size: 2, inner: 1, picked: 2 });
  assert.deepEqual([...(await harness.read(y))[0]], [NaN, 6]);
});

Deno.test("gather: the reference's gradient equals finite differences", () => {
  const sizes = { outer: 2, size: 3, inner: 2, picked: 4 }, index = positions(16, 3);
  const x = normals(12, 1), dy = normals(16, 2);
  const loss = (at: Float64Array) => gatherReference(at, index, sizes).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  assertClose(gatherBackwardReference(dy, index, sizes), numericalGradient(loss, x), { atol: 1e-7 });
});
