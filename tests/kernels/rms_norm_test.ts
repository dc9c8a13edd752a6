import { rmsNorm, rmsNormBackwardInput, rmsNormBackwardWeight } from "../../kernels/normalization/rms_norm.ts";
import { rmsNormBackwardReference, rmsNormReference } from "../../kernels/normalization/rms_norm.ref.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();

async function compare(launcher: Launcher, rows: number, columns: number, shift: number): Promise<void> {
  const count = rows * columns, x = normals(count, 1, { mean: 0.5 }), dy = normals(count, 2);
  const weight = normals(columns, 3), options = { columns, weight, shift, epsilon: 1e-3 };
  const y = harness.output(count), statistics = harness.output(2 * rows), dx = harness.output(count);
  const dweight = harness.output(columns);
  const on = { x: harness.upload(x), statistics, weight: harness.upload(weight), rows, columns, shift };
  rmsNorm(launcher, { ...on, epsilon: 1e-3, y });
  const given = { ...on, dy: harness.upload(dy) };
  rmsNormBackwardInput(launcher, { ...given, dx });
  rmsNormBackwardWeight(launcher, { ...given, dweight });
  rmsNormBackwardWeight(launcher, { ...given, dweight, accumulate: true });
  const found = await harness.read(y, dx, dweight), backward = rmsNormBackwardReference(x, dy, options);
  const expected = [rmsNormReference(x, options), backward.dx, backward.dweight.map((value) => 2 * value)];
  for (const [i, what] of ["y", "dx", "dweight"].entries()) {
    const largest = expected[i]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    assertClose(found[i]!, expected[i]!, { atol: 4e-6 * largest, what: `${what} of ${rows} x ${columns}` });
  }
}

for (const { kind, launcher } of harness.launchers) {
  Deno.test(`rms norm: outputs and gradients equal the reference (${kind})`, async () => {
    for (const [rows, columns] of [[1, 96], [3, 1], [7, 13], [9, 65], [300, 4], [33, 256]] as const) {
      for (const shift of [0, 1]) await compare(launcher, rows, columns, shift);
    }
  });
}

Deno.test("rms norm: the reference's gradients equal central differences in float64", () => {
  const options = { columns: 3, weight: normals(3, 3), shift: 1, epsilon: 0.1 }, x = normals(6, 1), dy = normals(6, 2);
  const sum = (y: Float64Array) => y.reduce((total, value, i) => total + value * dy[i]!, 0);
  const { dx, dweight } = rmsNormBackwardReference(x, dy, options);
  const close = { rtol: 1e-7, atol: 1e-8 };
  assertClose(dx, numericalGradient((at) => sum(rmsNormReference(at, options)), x), close);
  const byWeight = (weight: ArrayLike<number>) => sum(rmsNormReference(x, { ...options, weight }));
  assertClose(dweight, numericalGradient(byWeight, options.weight), close);
});
