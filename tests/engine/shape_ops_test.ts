import assert from "node:assert/strict";
import {
  concat,
  expand,
  gather,
  indexSelect,
  permute,
  slice,
  stack,
  type Tensor,
  topk,
  transpose,
} from "../../engine/mod.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

/** 0, 1, 2, ... */
const counting = (shape: readonly number[]) =>
  engine.tensor(shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i));

async function expectElements(make: () => Tensor, shape: readonly number[], elements: readonly number[]) {
  const y = engine.scope(make);
  assert.deepEqual([y.shape, [...await y.data()]], [shape, elements]);
  y.dispose();
}

Deno.test("shape: negative axes and positions count from the end", async () => {
  await expectElements(() => transpose({ x: counting([2, 3]) }), [3, 2], [0, 3, 1, 4, 2, 5]);
  await expectElements(() => permute({ x: counting([1, 2, 3]) }, { order: [-1, 0, -2] }), [3, 1, 2], [
    0,
    3,
    1,
    4,
    2,
    5,
  ]);
  await expectElements(() => slice({ x: counting([5]) }, { start: -3, end: -1 }), [2], [2, 3]);
  await expectElements(() => slice({ x: counting([5]) }, { start: 1, end: 99, step: 3 }), [2], [1, 4]);
  await expectElements(() => stack([counting([2]), counting([2])]), [2, 2], [0, 0, 1, 1]);
  await expectElements(() => concat([counting([2]), counting([1])], { axis: -1 }), [3], [0, 1, 0]);
});

Deno.test("shape: indices are moved as they are", async () => {
  const x = () => engine.indices([2, 2], [1, 2, 3, 4_000_000]);
  await expectElements(() => transpose({ x: x() }), [2, 2], [1, 3, 2, 4_000_000]);
  await expectElements(() => concat([x(), x()], { axis: 0 }), [4, 2], [1, 2, 3, 4_000_000, 1, 2, 3, 4_000_000]);
  await expectElements(() => slice({ x: x() }, { step: 2 }), [2, 1], [1, 3]);
});

Deno.test("shape: gather by a shorter index takes the first elements of the other axes", async () => {
  const gathered = () => gather({ x: counting([2, 3, 2]), index: engine.indices([1, 2, 1], [2, 0]) }, { axis: 1 });
  await expectElements(gathered, [1, 2, 1], [4, 0]);
});

Deno.test("shape: top k gives values and their positions", async () => {
  const { values, indices } = engine.scope(() => topk({ x: engine.tensor([2, 3], [1, 5, 5, 9, -1, 2]) }, { k: 2 }));
  assert.deepEqual((await engine.read([values, indices])).map((read) => [...read]), [[5, 5, 9, 2], [1, 2, 0, 2]]);
  values.dispose();
  indices.dispose();
});

Deno.test("shape: what does not fit is refused", () => {
  engine.scope(() => {
    const x = counting([2, 3]), index = engine.indices([2], [0, 1]);
    const refused: readonly (() => unknown)[] = [
      () => permute({ x }, { order: [0, 0] }),
      () => permute({ x }, { order: [0] }),
      () => permute({ x }, { order: [0, 2] }),
      () => slice({ x }, { start: 2, end: 1 }),
      () => slice({ x }, { start: -4 }),
      () => slice({ x }, { step: 0 }),
      () => slice({ x }, { axis: 2 }),
      () => concat([]),
      () => concat([x, counting([3, 3])]),
      () => stack([]),
      () => stack([x, counting([3, 2])]),
      () => expand({ x }, { shape: [2, 4] }),
      () => expand({ x }, { shape: [3] }),
      () => gather({ x, index }),
      () => gather({ x, index: x }),
      () => gather({ x, index: engine.indices([3, 1], [0, 0, 0]) }),
      () => indexSelect({ x, index: x }),
      () => topk({ x }, { k: 4 }),
    ];
    for (const attempt of refused) assert.throws(attempt, ShapeError, String(attempt));
  });
});
