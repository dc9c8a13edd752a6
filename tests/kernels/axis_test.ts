import assert from "node:assert/strict";
import { ShapeError } from "../../kernels/errors.ts";
import { type AxisView, axisView } from "../../kernels/reduction/axis.ts";
import {
  argmaxReference,
  logSoftmaxBackwardReference,
  logSoftmaxReference,
  logSumExpReference,
  maxBackwardReference,
  maxReference,
  softmaxBackwardReference,
  softmaxReference,
  sumAxisReference,
  topKReference,
} from "../../kernels/reduction/axis.ref.ts";
import { maxAxis, maxAxisBackward } from "../../kernels/reduction/max_axis.ts";
import { logSumExp, softmax, softmaxBackward, type SoftmaxKind } from "../../kernels/reduction/softmax.ts";
import { sumAxis } from "../../kernels/reduction/sum_axis.ts";
import { topK } from "../../kernels/reduction/top_k.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

const views: readonly AxisView[] = [
  { outer: 1, size: 1, inner: 1 },
  { outer: 1, size: 300, inner: 1 },
  { outer: 257, size: 1, inner: 1 },
  { outer: 7, size: 13, inner: 1 },
  { outer: 1, size: 13, inner: 7 },
  { outer: 3, size: 5, inner: 11 },
  { outer: 65, size: 129, inner: 1 },
  { outer: 3, size: 4, inner: 1 },
  { outer: 9, size: 132, inner: 1 },
  { outer: 41, size: 8, inner: 1 },
  { outer: 2, size: 67, inner: 65 },
];
const text = ({ outer, size, inner }: AxisView) => `[${outer}, ${size}, ${inner}]`;
const lengthOf = ({ outer, size, inner }: AxisView) => outer * size * inner;

const kinds: Readonly<
  Record<SoftmaxKind, { value: typeof softmaxReference; slope: typeof softmaxBackwardReference }>
> = {
  softmax: { value: softmaxReference, slope: softmaxBackwardReference },
  log_softmax: { value: logSoftmaxReference, slope: logSoftmaxBackwardReference },
};

Deno.test("axis: sums along the first, an inner and the last axis equal the reference", async () => {
  for (const view of views) {
    const x = normals(lengthOf(view), 1), count = view.outer * view.inner, before = normals(count, 2);
    const y = harness.output(count), added = harness.output(count, before), slice = harness.upload(x);
    sumAxis(launcher, { x: slice, y, ...view });
    sumAxis(launcher, { x: slice, y: added, ...view, scale: 2, accumulate: true });
    const expected = sumAxisReference(x, view);
    const [sums, more] = await harness.read(y, added);
    assertClose(sums, expected, { atol: 1e-5, what: text(view) });
    assertClose(more, expected.map((sum, i) => before[i]! + 2 * sum), { atol: 2e-5, what: text(view) });
  }
});

Deno.test("axis: the greatest element, its position and its gradient equal the reference", async () => {
  for (const view of views) {
    // Rounded to halves, so that many are equal.
    const x = normals(lengthOf(view), 3).map((value) => Math.round(2 * value) / 2 + 0), count = view.outer * view.inner;
    const dy = normals(count, 4);
    const y = harness.output(count), position = harness.output(count), dx = harness.output(x.length);
    maxAxis(launcher, { x: harness.upload(x), y, position, ...view });
    maxAxisBackward(launcher, { dy: harness.upload(dy), position, dx, ...view });
    const [values, positions, slopes] = await harness.read(y, position, dx);
    assert.deepEqual([...values], [...maxReference(x, view)], text(view));
    const found = [...new Uint32Array(positions.buffer, positions.byteOffset, count)];
    assert.deepEqual(found, argmaxReference(x, view), text(view));
    assert.deepEqual([...slopes], [...maxBackwardReference(x, dy, view)], text(view));
  }
});

Deno.test("axis: the greatest of equal, negative, infinite and missing numbers is found", async () => {
  const rows = [
    [3, 3, 3],
    [-2, -1, -3],
    [-0, 0, -0],
    [1, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
    [1, NaN, Infinity],
    [-1e-40, -1e30, -1e-30],
  ];
  for (const behind of [0, 1, 5]) {
    const view = { outer: rows.length, size: 3 + behind, inner: 1 };
    const x = rows.flatMap((row) => [...row, ...new Array<number>(behind).fill(-Infinity)]);
    const y = harness.output(rows.length), position = harness.output(rows.length);
    maxAxis(launcher, { x: harness.upload(x), y, position, ...view });
    const [values, positions] = await harness.read(y, position);
    assert.deepEqual([...new Uint32Array(positions.buffer, positions.byteOffset, rows.length)], [0, 1, 0, 1, 0, 1, 0]);
    assert.deepEqual([...values].slice(0, 2), [3, -1]);
    assert.ok(Number.isNaN(values[5]));
  }
});

for (const [kind, { value, slope }] of Object.entries(kinds) as [SoftmaxKind, typeof kinds[SoftmaxKind]][]) {
  Deno.test(`softmax: ${kind} and its gradient equal the reference, up to logits of 300`, async () => {
    for (const view of views) {
      for (const scale of [1, 80, 300]) {
        const x = normals(lengthOf(view), 5).map((x) => Math.fround(scale * Math.tanh(x)));
        const dy = normals(x.length, 6);
        const y = harness.output(x.length), dx = harness.output(x.length);
        softmax(launcher, kind, { x: harness.upload(x), y, ...view });
        softmaxBackward(launcher, kind, { y, dy: harness.upload(dy), dx, ...view });
        const [values, slopes] = await harness.read(y, dx);
        const what = `${text(view)} up to ${scale}`;
        const expected = value(x, view), expectedSlopes = slope(x, dy, view);
        const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        assertClose(values, expected, { rtol: 2e-5, atol: 1e-6 * largest(expected), what });
        // A saturated softmax's gradient is a difference of upstream gradients that nearly cancels.
        assertClose(slopes, expectedSlopes, { rtol: 3e-5, atol: Math.max(4e-6 * largest(expectedSlopes), 5e-7), what });
      }
    }
  });

  Deno.test(`softmax: the reference's gradient of ${kind} equals finite differences`, () => {
    const view = { outer: 2, size: 5, inner: 3 }, x = normals(30, 7), dy = normals(30, 8);
    const total = (at: Float64Array) => value(at, view).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    assertClose(slope(x, dy, view), numericalGradient(total, x), { rtol: 1e-6, atol: 1e-8 });
  });
}

Deno.test("axis: a far greatest element is found at every place", async () => {
  for (const view of [{ outer: 12, size: 12, inner: 1 }, { outer: 1, size: 12, inner: 12 }]) {
    // Both the rows and the columns of 300 times the identity.
    const x = harness.upload(Float32Array.from({ length: 144 }, (_, i) => i % 13 ? 0 : 300));
    const [soft, log] = [harness.output(144), harness.output(144)];
    const [total, most, position] = [harness.output(12), harness.output(12), harness.output(12)];
    softmax(launcher, "softmax", { x, y: soft, ...view });
    softmax(launcher, "log_softmax", { x, y: log, ...view });
    logSumExp(launcher, { x, y: total, ...view });
    maxAxis(launcher, { x, y: most, position, ...view });
    const [shares, logs, totals, greatest, places] = await harness.read(soft, log, total, most, position);
    assertClose(shares, Float32Array.from({ length: 144 }, (_, i) => i % 13 ? 0 : 1));
    assertClose(logs, Float32Array.from({ length: 144 }, (_, i) => i % 13 ? -300 : 0));
    assertClose(totals, Array(12).fill(300));
    assert.deepEqual([...greatest], Array(12).fill(300));
    assert.deepEqual([...new Uint32Array(places.buffer, places.byteOffset, 12)], [...Array(12).keys()]);
  }
});

Deno.test("axis: softmax, log sum exp and the greatest give the same bits on every run", async () => {
  for (const view of [{ outer: 9, size: 131, inner: 5 }, { outer: 17, size: 132, inner: 1 }]) {
    const count = lengthOf(view), sums = view.outer * view.inner, x = harness.upload(normals(count, 9));
    const runs = await Promise.all([0, 1, 2].map(() => {
      const [soft, log, total, most, where] = [
        ...[harness.output(count), harness.output(count), harness.output(sums)],
        ...[harness.output(sums), harness.output(sums)],
      ] as const;
      softmax(launcher, "softmax", { x, y: soft!, ...view });
      softmax(launcher, "log_softmax", { x, y: log!, ...view });
      logSumExp(launcher, { x, y: total!, ...view });
      maxAxis(launcher, { x, y: most!, position: where!, ...view });
      return harness.read(soft!, log!, total!, most!, where!);
    }));
    for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
  }
});

Deno.test("softmax: a row of equal values gives equal shares that sum to 1", async () => {
  for (const value of [0, 1e-30, 300, -300, 3e38]) {
    const y = harness.output(8), logs = harness.output(8), x = harness.upload(new Float32Array(8).fill(value));
    const view = { outer: 1, size: 8, inner: 1 };
    softmax(launcher, "softmax", { x, y, ...view });
    softmax(launcher, "log_softmax", { x, y: logs, ...view });
    const [shares, logarithms] = await harness.read(y, logs);
    assertClose(shares, new Float64Array(8).fill(1 / 8), { rtol: 1e-7 });
    assertClose(logarithms, new Float64Array(8).fill(-Math.log(8)), { rtol: 1e-6 });
  }
});

Deno.test("log sum exp: equals the reference, up to logits of 300", async () => {
  for (const view of views) {
    for (const scale of [1e-3, 1, 80, 300]) {
      const x = normals(lengthOf(view), 10).map((x) => Math.fround(scale * Math.tanh(x)));
      const y = harness.output(view.outer * view.inner);
      logSumExp(launcher, { x: harness.upload(x), y, ...view });
      const expected = logSumExpReference(x, view);
      assertClose((await harness.read(y))[0], expected, { rtol: 2e-6, atol: 1e-6, what: `${text(view)}, ${scale}` });
    }
  }
});

Deno.test("log sum exp: the excess over a lone greatest element does not vanish", async () => {
  const expected = [Math.log1p(Math.exp(-20)), Math.log1p(Math.exp(-30))];
  for (const [size, x] of [[2, [0, -20, 0, -30]], [4, [-99, -99, 0, -20, -30, -99, -99, 0]]] as const) {
    const y = harness.output(2);
    logSumExp(launcher, { x: harness.upload(x), y, outer: 2, size, inner: 1 });
    assertClose((await harness.read(y))[0], expected, { rtol: 1e-5, atol: 0 });
  }
});

Deno.test("log sum exp: keeps its digits where the rest is over one greatest element", async () => {
  const y = harness.output(1), x = Float32Array.of(-0.05, 0, -0.1);
  logSumExp(launcher, { x: harness.upload(x), y, outer: 1, size: 3, inner: 1 });
  const sum = x.reduce((sum, value) => sum + Math.exp(value), 0);
  assertClose((await harness.read(y))[0], [Math.log(sum)], { rtol: 1e-6, atol: 0 });
});

Deno.test("log sum exp: infinities and NaN come out as in PyTorch", async () => {
  const rows = [[-Infinity, -Infinity], [0, Infinity], [Infinity, Infinity], [0, -Infinity], [NaN, 0], [0, NaN]];
  for (const behind of [0, 2, 6]) {
    const x = rows.flatMap((row) => [...row, ...new Array<number>(behind).fill(-Infinity)]);
    const y = harness.output(rows.length);
    logSumExp(launcher, { x: harness.upload(x), y, outer: rows.length, size: 2 + behind, inner: 1 });
    assert.deepEqual([...(await harness.read(y))[0]], [-Infinity, Infinity, Infinity, 0, NaN, NaN]);
  }
});

Deno.test("axis: a view counts axes from either end and refuses those that are not there", () => {
  assert.deepEqual(axisView([2, 3, 5], -2), { outer: 2, size: 3, inner: 5 });
  assert.deepEqual(axisView([2, 3, 5], null), { outer: 1, size: 30, inner: 1 });
  assert.throws(() => axisView([2, 3], 2), ShapeError);
  assert.deepEqual(axisView([2, 0], 1), { outer: 2, size: 0, inner: 1 });
});

Deno.test("top k: the greatest come first, of equal ones the first, for every k", async () => {
  for (const view of views) {
    const x = normals(lengthOf(view), 3).map((value) => Math.round(2 * value) / 2 + 0);
    for (const k of new Set([1, Math.min(3, view.size), Math.min(view.size, 20)])) {
      const position = harness.output(view.outer * k * view.inner);
      topK(launcher, { x: harness.upload(x), position, k, ...view });
      const [found] = await harness.read(position);
      const words = new Uint32Array(found.buffer, found.byteOffset, found.length);
      assert.deepEqual(Array.from(words), Array.from(topKReference(x, view, k)), `${text(view)}, ${k}`);
    }
  }
});

Deno.test("top k: lines longer than a loop may be are looked through to their end, and so are many places of long ones", async () => {
  for (const [size, k] of [[70_000, 3], [30_000, 5]] as const) {
    const view = { outer: 2, size, inner: 1 }, x = new Float32Array(2 * size);
    for (let i = 0; i < 5; i++) x.set([1 + i % 3], i % 2 ? 2 * size - 1 - i : size - 1 - 7 * i);
    x[size + 65_000 % size] = 2;
    // Great ones in both parts of a line, so that what one pass found has to last through the next.
    [[9, 5], [5, 7], [65_500 % size, 6], [66_000 % size, 4]].forEach(([at, value]) => x[at!] = value!);
    const position = harness.output(2 * k);
    topK(launcher, { x: harness.upload(x), position, k, ...view });
    const [found] = await harness.read(position);
    const words = new Uint32Array(found.buffer, found.byteOffset, found.length);
    assert.deepEqual(Array.from(words), Array.from(topKReference(x, view, k)), `${size}, ${k}`);
  }
});

Deno.test("top k: NaN is the greatest, -Infinity the least, and no element is named twice", async () => {
  const x = [-Infinity, NaN, 0, -0, NaN, Infinity],
    position = harness.output(6),
    view = { outer: 1, size: 6, inner: 1 };
  topK(launcher, { x: harness.upload(x), position, k: 6, ...view });
  const [found] = await harness.read(position);
  assert.deepEqual([...new Uint32Array(found.buffer, found.byteOffset, 6)], [1, 4, 5, 2, 3, 0]);
  for (const k of [-1, 7, 1.5]) assert.throws(() => topK(launcher, { x: position, position, k, ...view }), ShapeError);
});
