import assert from "node:assert/strict";
import { dropoutMaskReference } from "../../kernels/dropout/dropout.ref.ts";
import { layerNorm } from "../../kernels/normalization/layer_norm.ts";
import {
  layerNormBackwardInput,
  layerNormBackwardParameters,
} from "../../kernels/normalization/layer_norm_backward.ts";
import { layerNormBackwardReference, layerNormReference } from "../../kernels/normalization/layer_norm.ref.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const dropout = { probability: 0.4, draw: { seed: 3, step: 7, use: 2 } };

interface Case {
  rows: number;
  columns: number;
  mean?: number;
  affine?: boolean;
  relu?: boolean;
  dropped?: boolean;
}

async function compare(launcher: Launcher, { rows, columns, mean = 0, affine = true, relu = false, dropped }: Case) {
  const count = rows * columns;
  const x = normals(count, 1, { mean }), dy = normals(count, 2);
  const weight = affine ? normals(columns, 3) : undefined, bias = affine ? normals(columns, 4) : undefined;
  const keep = dropped ? [...dropoutMaskReference(count, dropout)].map((kept) => kept / 0.6) : Array(count).fill(1);
  const reference = { columns, weight, bias, relu, keep };
  const forward = layerNormReference(x, reference), backward = layerNormBackwardReference(x, dy, reference);

  const y = harness.output(count), statistics = harness.output(2 * rows), dx = harness.output(count);
  const dweight = harness.output(columns), dbias = harness.output(columns);
  const inputs = { x: harness.upload(x), weight: weight && harness.upload(weight), rows, columns };
  layerNorm(launcher, {
    ...inputs,
    bias: bias && harness.upload(bias),
    y,
    statistics,
    relu,
    dropout: dropped ? dropout : undefined,
  });
  const gradients = {
    ...inputs,
    statistics,
    reluOutput: relu ? y : undefined,
    dropoutProbability: dropped ? dropout.probability : 0,
    dy: harness.upload(dy),
  };
  layerNormBackwardInput(launcher, { ...gradients, dx });
  layerNormBackwardParameters(launcher, { ...gradients, dweight, dbias });
  layerNormBackwardParameters(launcher, { ...gradients, dweight, dbias, accumulate: true });

  const results = await harness.read(y, statistics, dx, dweight, dbias);
  const twice = (values: Float64Array) => values.map((value) => 2 * value);
  const expected = [forward.y, forward.statistics, backward.dx, twice(backward.dweight), twice(backward.dbias)];
  for (const [i, what] of ["y", "statistics", "dx", "dweight", "dbias"].entries()) {
    const largest = expected[i]!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assertClose(results[i]!, expected[i]!, {
      atol: 4e-6 * Math.max(largest, 1),
      what: `${what} of ${rows} x ${columns}`,
    });
  }
}

for (const { kind, launcher } of harness.launchers) {
  Deno.test(`layer norm: outputs and gradients equal the reference (${kind})`, async () => {
    for (
      const [rows, columns] of [[1, 96], [3, 1], [7, 13], [9, 65], [9, 68], [300, 6], [300, 4], [192, 3], [
        768,
        3,
      ]] as const
    ) {
      await compare(launcher, { rows, columns });
    }
    await compare(launcher, { rows: 7, columns: 13, affine: false });
    await compare(launcher, { rows: 7, columns: 12, affine: false });
  });

  Deno.test(`layer norm: a mean of 50 costs no digits (${kind})`, async () => {
    await compare(launcher, { rows: 3, columns: 768, mean: 50 });
  });

  Deno.test(`layer norm: rectifier and dropout in the same pass equal the three steps (${kind})`, async () => {
    await compare(launcher, { rows: 9, columns: 68, relu: true });
    await compare(launcher, { rows: 9, columns: 68, relu: true, dropped: true });
    await compare(launcher, { rows: 5, columns: 67, relu: true, dropped: true });
  });

  Deno.test(`layer norm: a NaN is not hidden by the rectifier (${kind})`, async () => {
    const y = harness.output(4), statistics = harness.output(4);
    layerNorm(launcher, { x: harness.upload([1, NaN, 1, 2]), y, statistics, rows: 2, columns: 2, relu: true });
    const [values] = await harness.read(y);
    assert.ok(Number.isNaN(values[0]) && Number.isNaN(values[1]));
    assertClose(values.slice(2), [0, 1], { rtol: 1e-4 });
  });
}

Deno.test("layer norm: the reference's gradients equal finite differences of its outputs", () => {
  const columns = 5, count = 15, x = normals(count, 6), dy = normals(count, 7);
  const weight = normals(columns, 8), bias = normals(columns, 9), keep = normals(count, 10).map(Math.abs);
  for (const relu of [false, true]) {
    const options = { columns, weight, bias, relu, keep };
    const loss = (at: ArrayLike<number>, changes: object) =>
      layerNormReference(at, { ...options, ...changes }).y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
    const { dx, dweight, dbias } = layerNormBackwardReference(x, dy, options);
    assertClose(dx, numericalGradient((at) => loss(at, {}), x), { atol: 1e-7, rtol: 1e-6 });
    assertClose(dweight, numericalGradient((at) => loss(x, { weight: at }), weight), { atol: 1e-7, rtol: 1e-6 });
    assertClose(dbias, numericalGradient((at) => loss(x, { bias: at }), bias), { atol: 1e-7, rtol: 1e-6 });
  }
});
