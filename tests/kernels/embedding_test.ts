import assert from "node:assert/strict";
import { fill } from "../../kernels/elementwise/fill.ts";
import { gatherRowsReference, scatterRowsReference } from "../../kernels/embedding/embedding.ref.ts";
import { gatherRows, scatterRows } from "../../kernels/embedding/embedding.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const indices = (count: number, rows: number) => Uint32Array.from({ length: count }, (_, i) => (i * i + 1) % rows);

Deno.test("embedding: rows and their summed gradients equal the reference where indices repeat", async () => {
  const sizes = [
    ...[[1, 1, 1, 1], [1, 3, 1, 9], [1, 11, 65, 18], [1, 145, 32, 100], [5, 7, 3, 6]],
    ...[[3, 2, 260, 3], [1, 300, 4, 68], [2, 5, 8, 40], [2, 9, 8, 18], [2, 1000, 3, 20]],
  ] as [number, number, number, number][];
  for (const [batch, rows, columns, count] of sizes) {
    const table = normals(batch * rows * columns, 1), dy = normals(batch * count * columns, 2);
    const index = indices(count, rows);
    const y = harness.output(dy.length), fresh = harness.output(table.length);
    const added = harness.output(table.length, table);
    const lookup = { index: harness.upload(index), batch, count, rows, columns };
    gatherRows(launcher, { ...lookup, table: harness.upload(table), y });
    // Scratch memory is handed out as it was left.
    const links = Math.max(rows, count) + count, left = launcher.scratch(links * 4);
    fill(launcher, { y: left, value: NaN, count: links });
    launcher.release(left);
    scatterRows(launcher, { ...lookup, dy: harness.upload(dy), tableGradient: fresh });
    scatterRows(launcher, { ...lookup, dy: harness.upload(dy), tableGradient: added, accumulate: true });
    const [gathered, scattered, sum] = await harness.read(y, fresh, added);
    const gradient = scatterRowsReference(dy, index, { batch, rows, columns });
    assertClose(gathered, gatherRowsReference(table, index, { batch, rows, columns }), { rtol: 0, atol: 0 });
    assertClose(scattered, gradient, { atol: 1e-6 });
    assertClose(sum, gradient.map((value, i) => value + table[i]!), { atol: 1e-6 });
  }
});

Deno.test("embedding: an index beyond the table gives NaN", async () => {
  for (const columns of [2, 4]) {
    const y = harness.output(2 * columns), table = normals(2 * columns, 5);
    gatherRows(launcher, {
      table: harness.upload(table),
      index: harness.upload(Uint32Array.of(2, 1)),
      y,
      count: 2,
      rows: 2,
      columns,
    });
    const expected = [...Array(columns).fill(NaN), ...table.slice(columns)];
    assert.deepEqual([...(await harness.read(y))[0]], expected);
  }
});

Deno.test("embedding: a table in parts gives the rows and gradients of the whole, and NaN beyond it", async () => {
  // The index names the rows 1, 2 and 5 of 8, and 1, 2, 5 and 10 of 16.
  const cases = [[3, 30, [2, 1, 5]], [4, 30, [2, 1, 5]], [3, 7, [4, 3, 9]], [4, 7, [4, 3, 9]]] as const;
  for (const [columns, count, parts] of cases) {
    const rows = parts[0] + parts[1] + parts[2];
    const table = normals(rows * columns, 6), dy = normals(count * columns, 7);
    const index = Uint32Array.from(indices(count, rows), (row, i) => i === 5 ? rows : row);
    const y = harness.output(dy.length), gradients = [];
    let first = 0;
    for (const size of parts) {
      const lookup = { index: harness.upload(index), count, rows: size, columns, first };
      const slice = harness.upload(table.slice(first * columns, (first + size) * columns));
      const tableGradient = harness.output(size * columns);
      gatherRows(launcher, { ...lookup, table: slice, y, partial: first > 0 });
      scatterRows(launcher, { ...lookup, dy: harness.upload(dy), tableGradient });
      gradients.push(tableGradient);
      first += size;
    }
    // The first part once more leaves alone what the others gave.
    const again = { index: harness.upload(index), count, rows: parts[0], columns, partial: true };
    gatherRows(launcher, { ...again, table: harness.upload(table.slice(0, parts[0] * columns)), y });
    const [gathered, ...scattered] = await harness.read(y, ...gradients);
    const inside = index.with(5, 0), upstream = dy.map((value, at) => Math.floor(at / columns) === 5 ? 0 : value);
    const expected = gatherRowsReference(table, inside, { rows, columns }).fill(NaN, 5 * columns, 6 * columns);
    assert.deepEqual([...gathered], [...expected]);
    const gradient = scatterRowsReference(upstream, inside, { rows, columns });
    assertClose(Float32Array.from(scattered.flatMap((part) => [...part])), gradient, { atol: 1e-6 });
  }
});

Deno.test("embedding: an index beyond the table changes no gradient, that of the next table neither", async () => {
  const batch = 2, columns = 4;
  for (const [rows, index] of [[4, [1, 4, 0, 5, 1, 3]], [2, [1, 2, 0, 3, 1, 0]]] as const) {
    const count = index.length,
      dy = normals(batch * count * columns, 8),
      tableGradient = harness.output(batch * rows * columns);
    const given = { index: harness.upload(Uint32Array.from(index)), batch, count, rows, columns };
    scatterRows(launcher, { ...given, dy: harness.upload(dy), tableGradient });
    const inside = index.map((row) => row < rows ? row : 0);
    const upstream = dy.map((value, at) => index[Math.floor(at / columns) % count]! < rows ? value : 0);
    assertClose(
      (await harness.read(tableGradient))[0],
      scatterRowsReference(upstream, inside, { batch, rows, columns }),
      {
        atol: 1e-6,
      },
    );
  }
});

Deno.test("embedding: the reference's gradient equals finite differences", () => {
  const rows = 4, columns = 3, index = indices(7, rows), table = normals(12, 3), dy = normals(21, 4);
  const loss = (at: Float64Array) =>
    gatherRowsReference(at, index, { rows, columns }).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  assertClose(scatterRowsReference(dy, index, { rows, columns }), numericalGradient(loss, table), { atol: 1e-7 });
});
