import assert from "node:assert/strict";
import { backward, op } from "../../engine/autograd.ts";
import { add, layerNorm, linear, multiply, reshape, slice, subtract, sum } from "../../engine/mod.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { checkGradients } from "./finite_differences.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();

function parameter(values: readonly number[], name = "p"): Parameter {
  return new Parameter(engine, [values.length], Float32Array.from(values), name);
}

/** The gradients of a scalar with respect to parameters, which are then freed. */
async function gradientsOf(parameters: readonly Parameter[], loss: () => Tensor): Promise<number[][]> {
  engine.scope(() => backward(loss()));
  const values = await engine.read(parameters.map(({ grad }) => grad));
  for (const one of parameters) one.dispose();
  return values.map((gradient) => [...gradient]);
}

const matrix = (seed: number) => ({ shape: [3, 3], data: uniforms(9, seed) });

Deno.test("tape: x + x gives both gradients to x", () =>
  checkGradients(engine, { x: matrix(1) }, ({ x }) => add({ a: x, b: x })));

Deno.test("tape: x x and x - x count every use", async () => {
  await checkGradients(engine, { x: matrix(1) }, ({ x }) => multiply({ a: x, b: x }));
  await checkGradients(engine, { x: matrix(1) }, ({ x }) => subtract({ a: x, b: x }));
});

Deno.test("tape: a trunk and its skip connection both reach what lies before them", () =>
  checkGradients(engine, { x: matrix(1), trunk: matrix(2), stem: matrix(3) }, ({ x, trunk, stem }) => {
    const hidden = linear({ x, weight: stem });
    return add({ a: linear({ x: hidden, weight: trunk }), b: hidden });
  }));

Deno.test("tape: a weight shared by two layers gets both gradients", () =>
  checkGradients(
    engine,
    { x: matrix(1), weight: matrix(2), bias: { shape: [3], data: uniforms(3, 3) } },
    ({ x, weight, bias }) => linear({ x: linear({ x, weight, bias }), weight, bias }),
  ));

Deno.test("tape: a deep chain of branches that meet again", () =>
  checkGradients(engine, { x: matrix(1), w: matrix(2) }, ({ x, w }) => {
    let hidden = x;
    for (let i = 0; i < 4; i++) {
      const wide = reshape({ x: layerNorm({ x: linear({ x: hidden, weight: w }) }, { eps: 0.1 }) }, { shape: [9] });
      hidden = add({ a: hidden, b: reshape({ x: wide }, { shape: [3, 3] }) });
    }
    return slice({ x: hidden }, { start: 1, end: 3 });
  }));

Deno.test("tape: operands of a sum do not share one gradient when only one of them gets more", async () => {
  const p = parameter([1, 2]), q = parameter([3, 4]);
  const ones = engine.full([2], 1);
  const [dp, dq] = await gradientsOf([p, q], () => {
    const a = multiply({ a: p, b: ones }), b = multiply({ a: q, b: ones });
    const early = multiply({ a, b: engine.full([2], 10) });
    return sum({ x: add({ a: early, b: add({ a, b }) }) });
  });
  assert.deepEqual(dp, [11, 11]);
  assert.deepEqual(dq, [1, 1]);
  ones.dispose();
});

Deno.test("tape: a view's gradient does not run into that of what it looks at", async () => {
  const p = parameter([1, 2, 3, 4]);
  const ones = engine.full([4], 1);
  const [dp] = await gradientsOf([p], () => {
    const hidden = multiply({ a: p, b: ones });
    const early = multiply({ a: hidden, b: engine.tensor([4], [1, 2, 3, 4]) });
    const view = reshape({ x: hidden }, { shape: [2, 2] });
    const square = multiply({ a: view, b: view });
    return sum({ x: add({ a: early, b: reshape({ x: add({ a: square, b: view }) }, { shape: [4] }) }) });
  });
  assert.deepEqual(dp, [1 + 2 + 1, 2 + 4 + 1, 3 + 6 + 1, 4 + 8 + 1]);
  ones.dispose();
});

Deno.test("tape: backward leaves the upstream gradient as it was", async () => {
  const p = parameter([1, 2]);
  const upstream = engine.tensor([2], [3, 5]);
  engine.scope(() => {
    const a = multiply({ a: p, b: engine.full([2], 1) });
    backward(add({ a, b: add({ a, b: a }) }), upstream);
  });
  assert.deepEqual([...await upstream.data()], [3, 5]);
  assert.deepEqual([...await p.grad.data()], [9, 15]);
  p.dispose();
  upstream.dispose();
});

Deno.test("tape: a loss that was freed is refused, and leaves no gradient of 0", () => {
  const p = parameter([1, 2]), loss = sum({ x: multiply({ a: p, b: p }) });
  loss.dispose();
  assert.throws(() => backward(loss), /^MetrogradError: sum \[\] was used after it was freed/);
  assert.equal(p.hasGrad, false);
  p.dispose();
});

Deno.test("tape: a loss that no parameter leads to is refused, whatever cut it off", () => {
  const p = parameter([1, 2]), constant = op("constant", { forward: ({ x }: { x: Tensor }) => engine.copy(x) });
  engine.scope(() => {
    const losses = [engine.full([], 1), sum({ x: p.detach() }), engine.noGrad(() => sum({ x: p })), constant({ x: p })];
    p.frozen = true;
    for (const loss of [...losses, sum({ x: p })]) {
      assert.throws(() => backward(loss, engine.full(loss.shape, 1)), {
        name: "UsageError",
        message: /^backward: no trained parameter leads to /,
      });
    }
  });
  p.dispose();
});

Deno.test("tape: a rule whose gradient has another size than its input is refused by name", () => {
  const p = parameter([1, 2]);
  const broken = op("broken", {
    forward: ({ x }: { x: Tensor }) => engine.copy(x),
    backward: () => ({ x: () => engine.full([3], 1) }),
  });
  engine.scope(() => {
    const message = "broken: the gradient of p is [3], but [2] is expected.";
    assert.throws(() => backward(sum({ x: broken({ x: p }) })), { name: "ShapeError", message });
    const inner = "broken: the gradient of multiply is [3], but [2] is expected.";
    assert.throws(() => backward(sum({ x: broken({ x: p.mul(2) }) })), { name: "ShapeError", message: inner });
  });
  p.dispose();
});

Deno.test("tape: gradients of two backward calls add up, and zeroGrad starts anew", async () => {
  const p = parameter([1, -2]);
  const run = (factor: number) =>
    engine.scope(() => backward(sum({ x: multiply({ a: p, b: engine.full([2], factor) }) })));
  run(2);
  run(5);
  assert.deepEqual([...await p.grad.data()], [7, 7]);
  p.zeroGrad();
  assert.equal(p.hasGrad, false);
  run(3);
  assert.deepEqual([...await p.grad.data()], [3, 3]);
  p.dispose();
});

Deno.test("tape: detach stops the gradient, and only there", async () => {
  const p = parameter([2, 3]);
  const [dp] = await gradientsOf([p], () => sum({ x: multiply({ a: p, b: p.detach() }) }));
  assert.deepEqual(dp, [2, 3]);
});

Deno.test("tape: noGrad records nothing, and recording goes on after it, even after an error", () => {
  const p = parameter([2]);
  engine.scope(() => {
    assert.equal(engine.noGrad(() => multiply({ a: p, b: p })).requiresGrad, false);
    assert.throws(() =>
      engine.noGrad(() => {
        throw new Error("inside");
      })
    );
    assert.equal(multiply({ a: p, b: p }).requiresGrad, true);
  });
  p.dispose();
});

Deno.test("tape: a constant gets no tape entry, and a parameter that is not used gets no gradient", async () => {
  const used = parameter([1]), unused = parameter([1]);
  const constant = engine.scope(() => add({ a: engine.full([1], 1), b: engine.full([1], 2) }));
  assert.equal(constant.requiresGrad, false);
  await gradientsOf([used], () => sum({ x: multiply({ a: used, b: constant }) }));
  assert.equal(unused.hasGrad, false);
  constant.dispose();
  unused.dispose();
});

Deno.test("tape: backward from more than one number needs an upstream gradient", () => {
  const p = parameter([1, 2]);
  engine.scope(() => {
    assert.throws(() => backward(multiply({ a: p, b: p })), { name: "ShapeError", message: /multiply is \[2\]/ });
  });
  p.dispose();
});
