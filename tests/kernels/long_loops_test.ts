import assert from "node:assert/strict";
import { euclidean } from "../../kernels/distance/euclidean.ts";
import { pairwiseDifferences } from "../../kernels/distance/pairwise.ts";
import { scatterRows } from "../../kernels/embedding/embedding.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { l21Norm } from "../../kernels/loss/l21_norm.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import type { MatmulVariant } from "../../kernels/matmul/variant.ts";
import { batchStatistics } from "../../kernels/normalization/batch_norm.ts";
import { batchNormBackwardParameters } from "../../kernels/normalization/batch_norm_backward.ts";
import { layerNorm } from "../../kernels/normalization/layer_norm.ts";
import { maxAxis } from "../../kernels/reduction/max_axis.ts";
import { logSumExp, softmax, softmaxBackward } from "../../kernels/reduction/softmax.ts";
import { sumAxis } from "../../kernels/reduction/sum_axis.ts";
import { sumRows } from "../../kernels/reduction/sum_rows.ts";
import { gatherBackward } from "../../kernels/shape/gather.ts";
import { assertClose, KernelHarness } from "./harness.ts";

// Mesa's llvmpipe ends all loops of an invocation after 65,535 rounds without a word.
const harness = await KernelHarness.open();
const { launcher } = harness.launchers[0]!;

/** Whole numbers from 0 to 6, whose sums are exact. */
const digits = (length: number) => Float32Array.from({ length }, (_, i) => i * i % 7);
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

Deno.test("long loops: products of matrices are summed to the end", async () => {
  const tile: MatmulVariant = {
    ...{ name: "register tile", lanes: 8, rows: 4, columns: 8 },
    ...{ vector: false, broadcast: false },
  };
  const wide: MatmulVariant = {
    ...{ name: "wide tile", rows: 64, columns: 64, height: 4, width: 4, depth: 16, buffers: 1, vector: false },
  };
  const cases = [
    ...[[300_004, tile], [300_004, { name: "small" }], [50_000, { name: "workgroup tile" }], [50_000, wide]] as const,
  ];
  for (const [k, variant] of cases) {
    const a = digits(2 * k), b = digits(3 * k).map((value) => value % 3 - 1), c = harness.output(6);
    const operands = { a: harness.upload(a), b: harness.upload(b), c };
    matmul(launcher, { ...operands, m: 2, n: 3, k, transposeA: true, variant });
    const expected = new Float64Array(6);
    for (let step = 0; step < k; step++) {
      for (let at = 0; at < 6; at++) expected[at]! += a[2 * step + Math.floor(at / 3)]! * b[3 * step + at % 3]!;
    }
    assert.deepEqual([...(await harness.read(c))[0]], [...expected], variant.name);
  }
});

Deno.test("long loops: rows are summed to the end, and their greatest elements are found", async () => {
  for (const columns of [300_001, 1_100_000]) {
    const x = digits(2 * columns), y = harness.output(2), most = harness.output(2), position = harness.output(2);
    x[columns - 2] = 9;
    x[2 * columns - 1] = 9;
    const on = harness.upload(x);
    sumRows(launcher, { x: on, y, rows: 2, columns });
    maxAxis(launcher, { x: on, y: most, position, outer: 2, size: columns, inner: 1 });
    const [sums, greatest, places] = await harness.read(y, most, position);
    assert.deepEqual([...sums], [sum(x.subarray(0, columns)), sum(x.subarray(columns))]);
    assert.deepEqual([...greatest], [9, 9]);
    assert.deepEqual([...new Uint32Array(places.buffer, places.byteOffset, 2)], [columns - 2, columns - 1]);
  }
});

Deno.test("long loops: long rows are gone through to the end by kernels of rows", async () => {
  const columns = 100_000, x = digits(2 * columns), zeros = new Float32Array(2 * columns);
  const distance = harness.output(2), gradient = harness.output(2 * columns);
  const y = harness.output(2 * columns), statistics = harness.output(4), on = harness.upload(x);
  euclidean(launcher, { x: on, y: harness.upload(zeros), distance, gradient, rows: 2, columns, squared: true });
  layerNorm(launcher, { x: on, y, statistics, rows: 2, columns });
  const [squares, slopes, found] = await harness.read(distance, gradient, statistics);
  const rows = [x.subarray(0, columns), x.subarray(columns)];
  assert.deepEqual([...squares], rows.map((row) => sum(row.map((value) => value * value))));
  assertClose(slopes, x.map((value) => 2 * value), { rtol: 0, atol: 0 });
  assertClose([found[0]!, found[2]!], rows.map((row) => sum(row) / columns), { rtol: 1e-6 });
});

Deno.test("long loops: batch norm goes through all elements of a channel in each sample", async () => {
  const batch = 300, inner = 300, sizes = { batch, channels: 1, inner }, x = digits(batch * inner);
  const [mean, variance, dweight, dbias] = [0, 1, 2, 3].map(() => harness.output(1));
  const running = { runningMean: harness.output(1, [0]), runningVariance: harness.output(1, [1]) };
  const on = harness.upload(x), given = { ...sizes, x: on, mean: mean!, variance: variance! };
  batchStatistics(launcher, { ...given, ...running });
  batchNormBackwardParameters(launcher, { ...given, dy: on, dweight: dweight!, dbias: dbias! });
  const [means, variances, , sums] = await harness.read(mean!, variance!, dweight!, dbias!);
  const average = sum(x) / x.length;
  assertClose(means!, [average], { rtol: 1e-6 });
  assertClose(variances!, [x.reduce((total, value) => total + (value - average) ** 2, 0) / x.length], { rtol: 1e-5 });
  assert.deepEqual([...sums!], [sum(x)]);
});

Deno.test("long loops: the gradient of a lookup of many indices is summed to the end", async () => {
  const count = 70_000, rows = 3, columns = 2, batch = 2;
  const index = Uint32Array.from({ length: count }, (_, i) => i % 100 === 7 ? 2 : 0),
    dy = digits(batch * count * columns);
  const tableGradient = harness.output(batch * rows * columns);
  const given = { index: harness.upload(index), batch, count, rows, columns };
  scatterRows(launcher, { ...given, dy: harness.upload(dy), tableGradient });
  const expected = new Float64Array(batch * rows * columns);
  dy.forEach((value, at) => {
    const row = Math.floor(at / columns), table = Math.floor(row / count);
    expected[(table * rows + index[row % count]!) * columns + at % columns]! += value;
  });
  assert.deepEqual([...(await harness.read(tableGradient))[0]], [...expected]);
});

Deno.test("long loops: a launch that cannot be divided is refused", () => {
  const x = harness.upload([1]), y = x, dy = x, dx = x, index = x;
  const line = { outer: 2, size: 30_001, inner: 1 };
  for (
    const launch of [
      () => softmax(launcher, "softmax", { x, y, ...line }),
      () => softmaxBackward(launcher, "softmax", { y, dy, dx, ...line }),
      () => logSumExp(launcher, { x, y, ...line }),
      () => l21Norm(launcher, { x, loss: y, gradient: dx, ...line }),
      () => sumAxis(launcher, { x, y, outer: 2, size: 300_000, inner: 2 }),
      () => sumRows(launcher, { x, y, rows: 2, columns: 5_000_000 }),
      () => gatherBackward(launcher, { dy, index, dx, ...line, picked: 70_000 }),
      () => pairwiseDifferences(launcher, { x, y, factors: x, sums: dx, xRows: 1, yRows: 300_000, columns: 1 }),
      () =>
        batchStatistics(launcher, {
          x,
          mean: x,
          variance: x,
          runningMean: x,
          runningVariance: x,
          batch: 1,
          channels: 1,
          inner: 40_000,
        }),
    ]
  ) assert.throws(launch, { name: ShapeError.name, message: /GPUs that are CPUs end loops after 65535 rounds/ });
});
