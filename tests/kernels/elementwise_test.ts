import assert from "node:assert/strict";
import { addScaled } from "../../kernels/elementwise/add_scaled.ts";
import { binary } from "../../kernels/elementwise/binary.ts";
import { arithmeticReferences } from "../../kernels/elementwise/binary.ref.ts";
import { fill } from "../../kernels/elementwise/fill.ts";
import { reluBackwardReference } from "../../kernels/elementwise/relu.ref.ts";
import { reluBackward } from "../../kernels/elementwise/relu_backward.ts";
import { elementwiseFunctions, type FunctionRow, unaryFunctions } from "../../kernels/elementwise/functions.ts";
import { unary, unaryBackward } from "../../kernels/elementwise/unary.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

Deno.test("binary: all four operations, with equal shapes and with a row for every row", async () => {
  for (const operation of ["add", "subtract", "multiply", "divide"] as const) {
    for (const [count, period] of [[1, 1], [65, 65], [68, 68], [130, 13], [96, 12], [64, 1], [1500, 1500]] as const) {
      const a = normals(count, 1), b = normals(period, 2).map((value) => value + Math.sign(value));
      const y = harness.output(count);
      binary(launcher, operation, { a: harness.upload(a), b: harness.upload(b), y, count, period });
      const expected = Float64Array.from(a, (value, i) => arithmeticReferences[operation](value, b[i % period]!));
      assertClose((await harness.read(y))[0], expected, { rtol: 3e-7, atol: 1e-7, what: operation });
    }
  }
});

Deno.test("add scaled: adds, scales and copies in place, and does not read what it overwrites", async () => {
  for (const count of [65, 68, 1500]) {
    const x = normals(count, 1), before = normals(count, 2), slice = harness.upload(x);
    const sum = harness.output(count, before), mixed = harness.output(count, before), copy = harness.output(count);
    addScaled(launcher, { x: slice, y: sum, count });
    addScaled(launcher, { x: slice, y: mixed, count, xFactor: 2, yFactor: -3 });
    addScaled(launcher, { x: slice, y: copy, count, yFactor: 0 });
    const [sums, mixes, copies] = await harness.read(sum, mixed, copy);
    assertClose(sums, x.map((value, i) => value + before[i]!), { atol: 1e-7 });
    assertClose(mixes, x.map((value, i) => 2 * value - 3 * before[i]!), { atol: 1e-6 });
    assert.deepEqual(copies, x);
  }
});

Deno.test("relu backward: the gradient passes where the output is positive", async () => {
  for (const count of [1, 65, 260, 1500]) {
    const y = normals(count, 1).map((value) => Math.max(value, 0)), dy = normals(count, 2), dx = harness.output(count);
    reluBackward(launcher, { y: harness.upload(y), dy: harness.upload(dy), dx, count });
    assertClose((await harness.read(dx))[0], reluBackwardReference(y, dy), { rtol: 0, atol: 0 });
  }
});

Deno.test("fill: sets any value, NaN too", async () => {
  for (const [value, count] of [[0, 65], [-1.5, 68], [NaN, 1], [2, 1500]] as const) {
    const y = harness.output(count, new Float32Array(count).fill(7));
    fill(launcher, { y, count, value });
    assert.deepEqual((await harness.read(y))[0], new Float32Array(count).fill(value));
  }
});

const spread = [
  -80,
  -20,
  -9,
  -5,
  -3,
  -2,
  -1,
  -0.3,
  -0.1,
  -1e-3,
  -1e-6,
  0,
  1e-6,
  1e-3,
  0.1,
  0.3,
  1,
  2,
  3,
  5,
  9,
  20,
  80,
  100,
];
const positive = [1e-30, 1e-6, 0.1, 0.5, 0.9, 0.999, 1, 1.001, 1.1, 2, 10, 1e6, 1e30];

for (const name of unaryFunctions) {
  const { value, derivative, domain }: FunctionRow = elementwiseFunctions[name];
  const points = domain === "positive" ? positive : name === "exp" ? spread.slice(0, -1) : spread;
  const low = -3, high = 2;

  Deno.test(`unary: ${name} and its gradient equal the reference, far from zero too`, async () => {
    const xs = Float32Array.from([...points, ...normals(350, 3).map((x) => points === positive ? Math.abs(x) : 4 * x)]);
    const dys = normals(xs.length, 4), count = xs.length;
    const x = harness.upload(xs), y = harness.output(count), dx = harness.output(count);
    unary(launcher, name, { x, y, count, low, high });
    unaryBackward(launcher, name, { x, dy: harness.upload(dys), dx, count, low, high });
    const [values, slopes] = await harness.read(y, dx);
    assertClose(values, Float64Array.from(xs, (x) => value(x, low, high)), { rtol: 2e-5, atol: 2e-6, what: name });
    const expected = Float64Array.from(xs, (x, i) => derivative(x, low, high) * dys[i]!);
    assertClose(slopes, expected, { rtol: 2e-5, atol: 2e-6, what: `gradient of ${name}` });
  });

  Deno.test(`unary: the reference's derivative of ${name} equals finite differences`, () => {
    for (const x of points.filter((x) => Math.abs(x) > 0.01 && Math.abs(x) < 20 && x !== low && x !== high)) {
      const [slope] = numericalGradient(([at]) => value(at!, low, high), [x]);
      assertClose([derivative(x, low, high)], [slope!], { rtol: 1e-6, atol: 1e-8, what: `${name} at ${x}:` });
    }
  });
}

Deno.test("unary: tanh and softplus keep their digits to the end of their series", async () => {
  const xs = Float32Array.from([-0.2499, -0.2, -0.1, 0.01, 0.15, 0.22, 0.2499]), count = xs.length;
  const x = harness.upload(xs), tanh = harness.output(count), softplus = harness.output(count);
  unary(launcher, "tanh", { x, y: tanh, count });
  unary(launcher, "softplus", { x, y: softplus, count });
  const [tanhs, softpluses] = await harness.read(tanh, softplus);
  const precision = { rtol: 4e-7, atol: 0 };
  assertClose(tanhs, Float64Array.from(xs, Math.tanh), { ...precision, what: "tanh" });
  assertClose(softpluses, Float64Array.from(xs, (x) => Math.log1p(Math.exp(x))), { ...precision, what: "softplus" });
});

Deno.test("unary: the rectifier makes 0 of -infinity", async () => {
  const y = harness.output(3);
  unary(launcher, "relu", { x: harness.upload([-Infinity, -1e38, Infinity]), y, count: 3 });
  assert.deepEqual([...(await harness.read(y))[0]], [0, 0, Infinity]);
});

Deno.test("unary: slopes at bends are PyTorch's", async () => {
  const x = harness.upload([0, -1, 1]), dy = harness.upload([1, 1, 1]);
  const outputs = (["relu", "abs", "clamp"] as const).map((name) => {
    const dx = harness.output(3);
    unaryBackward(launcher, name, { x, dy, dx, count: 3, low: -1, high: 1 });
    return dx;
  });
  const slopes = await harness.read(...outputs);
  assert.deepEqual(slopes.map((dx) => [...dx]), [[0, 0, 1], [0, -1, 1], [1, 1, 1]]);
});

Deno.test("unary: NaN passes through every function", async () => {
  const x = harness.upload([NaN]);
  const outputs = unaryFunctions.map((name) => {
    const y = harness.output(1, [0]);
    unary(launcher, name, { x, y, count: 1, low: -1, high: 1 });
    return y;
  });
  const values = await harness.read(...outputs);
  assert.deepEqual(unaryFunctions.filter((_, i) => !Number.isNaN(values[i]![0])), []);
});
