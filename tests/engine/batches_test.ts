import assert from "node:assert/strict";
import { batches, ShapeError, UsageError } from "../../engine/mod.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();
const rows = 10;
const data = {
  x: engine.tensor([rows, 2], Array.from({ length: 2 * rows }, (_, i) => i)),
  y: engine.indices([rows], Array.from({ length: rows }, (_, i) => 16777216 + i)),
};

/** The rows of each batch, by their labels; each has to be whole. */
async function read(options: Parameters<typeof batches>[1]): Promise<number[][]> {
  const found: number[][] = [];
  for (const { x, y } of batches(data, options)) {
    const [values, labels] = await engine.read([x, y] as const);
    assert.ok(labels instanceof Uint32Array);
    const each = [...labels].map((label) => label - 16777216);
    assert.deepEqual([...values], each.flatMap((row) => [2 * row, 2 * row + 1]));
    assert.deepEqual([x.shape, y.shape], [[each.length, 2], [each.length]]);
    found.push(each);
  }
  return found;
}

Deno.test("batches: rows come in their order, the rest in a last batch, unless that is dropped", async () => {
  assert.deepEqual(await read({ size: 4 }), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.deepEqual(await read({ size: 4, dropLast: true }), [[0, 1, 2, 3], [4, 5, 6, 7]]);
  assert.deepEqual(await read({ size: 5, dropLast: true }), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]);
  assert.deepEqual((await read({ size: 99 })).length, 1);
});

Deno.test("batches: shuffled, each row comes once, in an order that the seed decides", async () => {
  const [first, again, other] = [
    await read({ size: 3, shuffle: true, seed: 1 }),
    await read({ size: 3, shuffle: true, seed: 1 }),
    await read({ size: 3, shuffle: true, seed: 2 }),
  ];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  assert.deepEqual(first.flat().toSorted((a, b) => a - b), Array.from({ length: rows }, (_, i) => i));
});

Deno.test("batches: each is freed when the next comes, and when the loop is left", () => {
  const before = engine.pool.liveLabels();
  for (const { x } of batches(data, { size: 2 })) {
    assert.equal(engine.pool.liveLabels().length, before.length + 2);
    if (x.shape[0] === 2) break;
  }
  assert.deepEqual(engine.pool.liveLabels(), before);
});

Deno.test("batches: rows of unequal number and settings that cannot be taken are refused", () => {
  const short = engine.tensor([3], [1, 2, 3]);
  assert.throws(() => [...batches({ ...data, short }, { size: 2 })], {
    name: ShapeError.name,
    message: "batches: short is [3], but 10 rows are expected, as x [10, 2] has.",
  });
  assert.throws(() => [...batches({}, { size: 2 })], ShapeError);
  const unsized = {} as { size: number };
  assert.throws(() => [...batches(data, unsized)], {
    name: UsageError.name,
    message: "batches: size is missing; a whole number from 1 on is expected.",
  });
  for (const size of [0, 1.5, NaN]) assert.throws(() => [...batches(data, { size })], UsageError);
  short.dispose();
});
