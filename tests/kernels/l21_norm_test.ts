import { l21NormReference } from "../../kernels/loss/l21_norm.ref.ts";
import { l21Norm } from "../../kernels/loss/l21_norm.ts";
import { axisView } from "../../kernels/reduction/axis.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();

async function compare(x: ArrayLike<number>, shape: readonly number[], axis: number): Promise<void> {
  const view = axisView(shape, axis), what = `[${shape}] along ${axis}`;
  const loss = harness.output(1), gradient = harness.output(x.length);
  l21Norm(harness.launcher, { x: harness.upload(Float32Array.from(x)), loss, gradient, ...view });
  const expected = l21NormReference(Float32Array.from(x), view);
  const [norm, slopes] = await harness.read(loss, gradient);
  assertClose(norm, [expected.loss], { rtol: 1e-6, atol: 0, what });
  assertClose(slopes, expected.gradient, { atol: 1e-7, what });
}

Deno.test("l2,1 norm: it and its gradient equal the reference along any axis", async () => {
  for (const shape of [[1, 1], [1, 9], [9, 1], [65, 7], [24, 300], [3, 5, 4]]) {
    const x = normals(shape.reduce((a, b) => a * b), 1);
    for (let axis = 0; axis < shape.length; axis++) await compare(x, shape, axis);
  }
});

Deno.test("l2,1 norm: rows of zeros have gradient 0; large and small ones neither overflow nor vanish", async () => {
  await compare([0, 0, 0, 3, 4, 0, 1e30, -1e30, 0, 1e-30, 2e-30, -2e-30], [4, 3], 1);
  await compare([0, 0, 0, 0], [2, 2], 0);
});

Deno.test("l2,1 norm: the reference's gradient equals finite differences of its value", () => {
  const x = normals(12, 2), view = axisView([4, 3], 0);
  const expected = numericalGradient((at) => l21NormReference(at, view).loss, x, 1e-6);
  assertClose(l21NormReference(x, view).gradient, expected, { rtol: 1e-6, atol: 1e-8 });
});
