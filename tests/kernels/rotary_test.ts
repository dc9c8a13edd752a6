import assert from "node:assert/strict";
import { rotary } from "../../kernels/rotary/rotary.ts";
import { rotaryReference } from "../../kernels/rotary/rotary.ref.ts";
import { assertClose, KernelHarness, normals } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

const cases = [
  { rows: 6, tokens: 3, columns: 24, heads: 2, headSize: 8, half: 4 },
  // A part of a head is turned, and nothing is a multiple of four.
  { rows: 35, tokens: 7, columns: 21, heads: 2, headSize: 7, half: 3 },
  { rows: 33, tokens: 11, columns: 32, heads: 1, headSize: 16, half: 4 },
  { rows: 1, tokens: 1, columns: 2, heads: 1, headSize: 2, half: 1 },
];

Deno.test("rotary: turned and copied numbers equal the reference, there and back", async () => {
  for (const one of cases) {
    const { rows, tokens, columns, half } = one;
    const x = normals(rows * columns, 1), table = normals(2 * tokens * half, 2);
    for (const back of [false, true]) {
      const y = harness.output(rows * columns);
      rotary(launcher, { ...one, x: harness.upload(x), table: harness.upload(table), y, back });
      const [found] = await harness.read(y);
      assertClose(found, rotaryReference(x, { ...one, table, back }), { atol: 1e-6, what: JSON.stringify(one) });
    }
  }
});

Deno.test("rotary: products of queries and keys depend on the distance of their positions alone", () => {
  const [tokens, half] = [9, 2], headSize = 2 * half;
  const angles = Array.from({ length: tokens }, (_, t) => Array.from({ length: half }, (_, i) => t / (i + 1)));
  const table = angles.flatMap((row) => [...row.map(Math.cos), ...row.map(Math.sin)]);
  const repeated = (row: readonly number[]) => Array.from({ length: tokens }, () => row).flat();
  const turned = (row: readonly number[]) =>
    rotaryReference(repeated(row), { table, columns: headSize, tokens, heads: 1, headSize, half });
  const q = turned([1, -2, 3, 0.5]), k = turned([0.3, 1, -1, 2]);
  const product = (i: number, j: number) =>
    [0, 1, 2, 3].reduce((sum, c) => sum + q[i * headSize + c]! * k[j * headSize + c]!, 0);
  for (const distance of [0, 1, 4]) {
    assert.ok(Math.abs(product(distance, 0) - product(distance + 4, 4)) < 1e-12);
  }
  assert.ok(Math.abs(product(1, 0) - product(0, 0)) > 0.1);
});
