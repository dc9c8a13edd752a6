import assert from "node:assert/strict";
import { dropoutMaskReference, dropoutReference } from "../../kernels/dropout/dropout.ref.ts";
import { dropout, maskedDropout } from "../../kernels/dropout/dropout.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;

Deno.test("dropout: keeps the elements that the host's Philox keeps, at every tail length", async () => {
  const draw = { seed: 0xfedcba98, stream: 5, step: 0xffffffff, use: 3 };
  for (const count of [1, 3, 4, 5, 255, 258]) {
    for (const probability of [0, 0.4]) {
      const x = normals(count, 1), y = harness.output(count);
      dropout(launcher, { x: harness.upload(x), y, count, probability, draw });
      const mask = dropoutMaskReference(count, { probability, draw });
      assertClose((await harness.read(y))[0], dropoutReference(x, mask, probability), { rtol: 2e-7, atol: 0 });
    }
  }
});

Deno.test("dropout: the share it drops is p, and another step or use drops others", async () => {
  const count = 40_000, x = harness.upload(new Float32Array(count).fill(1)), probability = 0.3;
  const outputs = [{ seed: 1 }, { seed: 1, step: 1 }, { seed: 1, use: 1 }].map((draw) => {
    const y = harness.output(count);
    dropout(launcher, { x, y, count, probability, draw });
    return y;
  });
  const results = await harness.read(...outputs);
  for (const y of results) {
    const share = y.filter((value) => value === 0).length / count;
    assert.ok(Math.abs(share - probability) < 0.01, `${share} were dropped`);
  }
  const [a, b, c] = results.map((y) => y.join());
  assert.ok(a !== b && a !== c && b !== c);
});

Deno.test("dropout: a given mask is obeyed", async () => {
  for (const count of [1, 65, 1500]) {
    const x = normals(count, 2), mask = Int32Array.from({ length: count }, (_, i) => i % 3 ? 1 : 0);
    const y = harness.output(count);
    maskedDropout(launcher, { x: harness.upload(x), mask: harness.upload(mask), y, count, probability: 0.1 });
    assertClose((await harness.read(y))[0], dropoutReference(x, mask, 0.1), { rtol: 2e-7, atol: 0 });
  }
});

Deno.test("dropout: applied to the gradient it is its own backward pass", () => {
  const x = normals(9, 3), dy = normals(9, 4);
  const mask = dropoutMaskReference(9, { probability: 0.5, draw: { seed: 2 } });
  const loss = (at: Float64Array) => dropoutReference(at, mask, 0.5).reduce((sum, y, i) => sum + y * dy[i]!, 0);
  assertClose(dropoutReference(dy, mask, 0.5), numericalGradient(loss, x), { atol: 1e-8 });
});

Deno.test("dropout: a probability of 1 is refused", () => {
  const slice = harness.output(4);
  assert.throws(
    () => dropout(launcher, { x: slice, y: slice, count: 4, probability: 1, draw: { seed: 1 } }),
    /dropout: the probability must be at least 0 and under 1, but is 1\./,
  );
});
