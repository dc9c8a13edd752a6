import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import { add, multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { sum } from "../../engine/ops/reductions.ts";
import { log, sqrt } from "../../engine/ops/unary.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();

/** What is said of a step that makes a loss of x [2, 2] and the parameter w, which has ones. */
async function first(x: readonly number[], loss: (x: Tensor, w: Parameter) => Tensor): Promise<string | null> {
  const w = new Parameter(engine, [2, 2], new Float32Array(4).fill(1));
  w.name = "layer.weight";
  const found = await engine.firstNonfinite(async () => {
    await engine.step(() => {
      backward(sum({ x: loss(engine.tensor([2, 2], x), w) }));
    });
  });
  assert.ok(!engine.pool.liveLabels().includes("finite check"), "what was looked at is freed");
  w.dispose();
  return found;
}

Deno.test("finite check: the first tensor that turned is named with its op, its shape and the element", async () => {
  const product = (x: Tensor, w: Tensor) => multiply({ a: x, b: w });
  assert.equal(await first([1, 2, 3, 4], (x, w) => log({ x: product(x, w) })), null);
  assert.equal(
    await first([1, 2, 3, -4], (x, w) => add({ a: log({ x: product(x, w) }), b: w })),
    "the output of log [2, 2], from element [1, 1] on",
  );
  assert.equal(
    await first([1, 3e38, 1, 1], (x, w) => subtract({ a: product(x, add({ a: w, b: w })), b: w })),
    "the output of multiply [2, 2], from element [0, 1] on",
  );
  assert.equal(
    await first([1e30, 1, 1, 1], (x, w) => {
      const total = sum({ x: multiply({ a: x, b: w }) });
      return multiply({ a: total, b: total });
    }),
    "the output of multiply",
    "a scalar has no place to name",
  );
  assert.match(
    await first([1, 2, Infinity, 4], product) ?? "",
    /^a, an input of multiply \[2, 2\], from element \[1, 0\] on$/,
  );
  assert.match(
    await first([1, 2, 0, 4], (x, w) => sqrt({ x: product(x, w) })) ?? "",
    /^the gradient of multiply in the backward pass of sqrt \[2, 2\], from element \[1, 0\] on$/,
  );
});

Deno.test("finite check: a parameter is named by its path", async () => {
  const w = new Parameter(engine, [3], new Float32Array([1, NaN, 2]));
  w.name = "layer.bias";
  const found = await engine.firstNonfinite(async () => {
    await engine.step(() => void multiply({ a: w, b: engine.full([3], 2) }));
  });
  assert.equal(found, "the parameter layer.bias [3], from element [1] on");
  w.dispose();
});
