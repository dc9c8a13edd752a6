import { gated, gatedBackward, gateFunctions } from "../../kernels/gated/gated.ts";
import { gatedBackwardReference, gatedReference } from "../../kernels/gated/gated.ref.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

for (const name of gateFunctions) {
  Deno.test(`gated ${name}: outputs and gradients equal the reference at edge sizes`, async () => {
    for (const [rows, columns] of [[1, 1], [3, 5], [7, 12], [66, 64]] as const) {
      const x = normals(2 * rows * columns, 1, { scale: 2 }), dy = normals(rows * columns, 2);
      const y = harness.output(rows * columns), dx = harness.output(2 * rows * columns), on = harness.upload(x);
      gated(launcher, name, { x: on, y, rows, columns });
      gatedBackward(launcher, name, { x: on, dy: harness.upload(dy), dx, rows, columns });
      const found = await harness.read(y, dx), close = { rtol: 1e-5, atol: 2e-6 };
      assertClose(found[0]!, gatedReference(name, x, columns), { ...close, what: `y of ${rows} x ${columns}` });
      const expected = gatedBackwardReference(name, x, dy, columns);
      assertClose(found[1]!, expected, { ...close, what: `dx of ${rows} x ${columns}` });
    }
  });

  Deno.test(`gated ${name}: the reference's gradients equal central differences in float64`, () => {
    const x = normals(12, 1), dy = normals(6, 2);
    const sum = (at: ArrayLike<number>) =>
      gatedReference(name, at, 3).reduce((total, value, i) => total + value * dy[i]!, 0);
    assertClose(gatedBackwardReference(name, x, dy, 3), numericalGradient(sum, x), { rtol: 1e-6, atol: 1e-7 });
  });
}
