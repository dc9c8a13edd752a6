import assert from "node:assert/strict";
import { binary, broadcastBinary } from "../../kernels/elementwise/binary.ts";
import { broadcastReference, sumToShapeReference } from "../../kernels/elementwise/binary.ref.ts";
import { broadcastShape } from "../../kernels/elementwise/broadcast_axes.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { sumToShape } from "../../kernels/reduction/sum_to_shape.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[1], []],
  [[2, 3], []],
  [[], [2, 3]],
  [[7, 13], [13]],
  [[13], [7, 13]],
  [[7, 13], [7, 1]],
  [[7, 1], [1, 13]],
  [[3, 4, 5], [4, 1]],
  [[5, 1, 9], [1, 6, 1]],
  [[16, 8], [8]],
  [[2, 3, 1, 5], [1, 3, 4, 1]],
  [[1, 1, 3], [2, 3]],
  [[2, 1, 3, 1, 2, 1, 5], [1, 2, 1, 3, 1, 2, 1]],
];

Deno.test("broadcast: all four operations equal the reference for shapes that repeat either operand", async () => {
  for (const operation of ["add", "subtract", "multiply", "divide"] as const) {
    for (const [aShape, bShape] of pairs) {
      const a = normals(elements(aShape), 1), b = normals(elements(bShape), 2).map((x) => x + Math.sign(x));
      const y = harness.output(elements(broadcastShape(aShape, bShape)));
      broadcastBinary(launcher, operation, { a: harness.upload(a), aShape, b: harness.upload(b), bShape, y });
      const expected = broadcastReference(operation, a, aShape, b, bShape);
      const what = `${operation} [${aShape}] [${bShape}]`;
      assertClose((await harness.read(y))[0], expected, { rtol: 3e-7, atol: 1e-7, what });
    }
  }
});

Deno.test("broadcast: magnitudes from 1e-30 to 1e30 keep their precision", async () => {
  const a = Float32Array.of(1e30, -1e30, 1e-30, 3), b = Float32Array.of(1e-7, 1e5);
  for (const operation of ["multiply", "divide"] as const) {
    const y = harness.output(8);
    const shapes = { aShape: [4, 1], bShape: [1, 2] };
    broadcastBinary(launcher, operation, { a: harness.upload(a), b: harness.upload(b), ...shapes, y });
    const expected = broadcastReference(operation, a, shapes.aShape, b, shapes.bShape);
    assertClose((await harness.read(y))[0], expected, { rtol: 3e-7, atol: 1e-37 });
  }
});

Deno.test("broadcast: a scalar meets every element as an equal shape would", async () => {
  const a = normals(65, 1), scalar = harness.output(65), full = harness.output(65);
  const x = harness.upload(a);
  broadcastBinary(launcher, "divide", { a: x, aShape: [65], b: harness.upload([3]), bShape: [], y: scalar });
  binary(launcher, "divide", { a: x, b: harness.upload(new Float32Array(65).fill(3)), y: full, count: 65 });
  const [one, other] = await harness.read(scalar, full);
  assert.deepEqual(one, other);
});

Deno.test("broadcast: shapes that do not fit are refused with both of them named", () => {
  assert.throws(() => broadcastShape([2, 3], [4, 3]), ShapeError);
  assert.throws(() => broadcastShape([3], [2]), /\[3\] and \[2\]/);
});

Deno.test("sum to shape: equals the reference, scaled and added to what is there", async () => {
  for (const [xShape, yShape] of [...pairs, [[257, 3, 65], [3, 1]], [[5, 6, 9], [1, 6, 1]]] as typeof pairs) {
    const shape = broadcastShape(xShape, yShape);
    const x = normals(elements(shape), 3), before = normals(elements(yShape), 4);
    const y = harness.output(before.length), added = harness.output(before.length, before), slice = harness.upload(x);
    sumToShape(launcher, { x: slice, xShape: shape, y, yShape });
    sumToShape(launcher, { x: slice, xShape: shape, y: added, yShape, scale: -0.5, accumulate: true });
    const expected = sumToShapeReference(x, shape, yShape);
    const [sums, more] = await harness.read(y, added);
    const what = `[${shape}] to [${yShape}]`;
    assertClose(sums, expected, { atol: 2e-5, what });
    assertClose(more, expected.map((sum, i) => before[i]! - sum / 2), { atol: 2e-5, what });
  }
});

Deno.test("sum to shape: the same bits on every run", async () => {
  const shape = [129, 5, 67], x = harness.upload(normals(elements(shape), 5));
  const a = harness.output(5), b = harness.output(5);
  for (const y of [a, b]) sumToShape(launcher, { x, xShape: shape, y, yShape: [5, 1] });
  const [first, second] = await harness.read(a, b);
  assert.deepEqual(first, second);
});

Deno.test("sum to shape: of the derivatives equals finite differences of the reference", () => {
  const aShape = [5, 1, 3], bShape = [4, 1];
  const a = normals(15, 6), b = normals(4, 7).map((x) => x + 2 * Math.sign(x));
  const upstream = normals(60, 8), shape = broadcastShape(aShape, bShape);
  const value = (at: Float64Array) =>
    broadcastReference("divide", a, aShape, at, bShape).reduce((sum, y, i) => sum + y * upstream[i]!, 0);
  const slopes = broadcastReference("divide", a, aShape, Float64Array.from(b, (x) => -x * x), bShape);
  const gradient = sumToShapeReference(slopes.map((slope, i) => slope * upstream[i]!), shape, bShape);
  assertClose(gradient, numericalGradient(value, b), { rtol: 1e-6, atol: 1e-8 });
});
