import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import { MultiheadAttention } from "../../engine/nn/multihead_attention.ts";
import { TransformerEncoderLayer } from "../../engine/nn/transformer_encoder_layer.ts";
import { multiply } from "../../engine/ops/arithmetic.ts";
import { crossAttention, scaledDotProductAttention, selfAttention } from "../../engine/ops/attention.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import { ShapeError, UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { checkGradients } from "./finite_differences.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
const random = new Philox(1);
const at = (shape: Shape, seed: number) => ({ shape, data: uniforms(shape.reduce((n, size) => n * size, 1), seed) });

Deno.test("attention: gradients of q, k and v equal differences, with a mask", async () => {
  const keyPaddingMask = engine.indices([2, 3], [0, 1, 0, 1, 1, 0]);
  await checkGradients(
    engine,
    { q: at([2, 1, 2, 3], 1), k: at([2, 1, 3, 3], 2), v: at([2, 1, 3, 3], 3) },
    ({ q, k, v }) => scaledDotProductAttention({ q, k, v, keyPaddingMask }, { scale: 1.5 }),
  );
});

Deno.test("attention: gradients of self- and cross-attention equal differences, for few tokens and for many", async () => {
  await checkGradients(engine, { qkv: at([2, 2, 12], 1) }, ({ qkv }) => selfAttention({ qkv }, { heads: 2 }));
  await checkGradients(engine, { qkv: at([1, 9, 6], 1) }, ({ qkv }) => selfAttention({ qkv }, { heads: 2 }));
  await checkGradients(
    engine,
    { q: at([2, 1, 4], 2), kv: at([2, 3, 8], 3) },
    ({ q, kv }) => crossAttention({ q, kv }, { heads: 1 }),
  );
});

Deno.test("attention: heads read from one projection give what heads on an axis of their own give", async () => {
  const [batch, tokens, heads, size] = [2, 5, 3, 4], width = heads * size;
  const data = uniforms(batch * tokens * 3 * width, 4);
  const headsOf = (part: number) =>
    engine.tensor(
      [batch, heads, tokens, size],
      Array.from({ length: batch * tokens * width }, (_, i) => {
        const [b, h, t, c] = [
          Math.floor(i / (tokens * width)),
          Math.floor(i / (tokens * size)) % heads,
          Math.floor(i / size) % tokens,
          i % size,
        ];
        return data[(b * tokens + t) * 3 * width + part * width + h * size + c]!;
      }),
    );
  const qkv = engine.tensor([batch, tokens, 3 * width], data);
  const joined = await selfAttention({ qkv }, { heads }).data();
  const apart = await scaledDotProductAttention({ q: headsOf(0), k: headsOf(1), v: headsOf(2) }).data();
  assert.deepEqual(
    Array.from(joined),
    Array.from(joined, (_, i) => {
      const [b, t, h, c] = [
        Math.floor(i / (tokens * width)),
        Math.floor(i / width) % tokens,
        Math.floor(i / size) % heads,
        i % size,
      ];
      return apart[((b * heads + h) * tokens + t) * size + c];
    }),
  );
});

Deno.test("attention: dropout repeats with the step's draws, and its gradient belongs to the same draws", async () => {
  const qkv = new Parameter(engine, [1, 9, 6], uniforms(54, 5)), ones = engine.full([1, 9, 2], 1);
  const draw = async (step: number) => {
    engine.random.step = step;
    const y = await engine.step(() => {
      const y = selfAttention({ qkv }, { heads: 1, dropout: 0.5 });
      qkv.zeroGrad();
      backward(y, ones);
      return y;
    });
    return { y: await y.data(), gradient: await qkv.grad.data() };
  };
  const first = await draw(1), again = await draw(1), other = await draw(2);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first.y, other.y);
  // <dv, v> = <dy, y>, since y is linear in v.
  const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
  const value = uniforms(54, 5);
  const along = Array.from(value, (x, i) => i % 6 < 4 ? 0 : x * first.gradient[i]!);
  assert.ok(Math.abs(total(along) - total(first.y)) < 1e-4);
});

Deno.test("attention: a layer drops nothing in evaluation, and something while training", async () => {
  const layer = new TransformerEncoderLayer({ engine, random }, 8, 2, { dimFeedforward: 12, activation: "gelu" });
  const x = engine.tensor([2, 3, 8], uniforms(48, 6));
  assert.notDeepEqual(await layer.forward(x).data(), await layer.forward(x).data());
  layer.eval();
  assert.deepEqual(await layer.forward(x).data(), await layer.forward(x).data());
  assert.deepEqual(
    [...layer.namedParameters().keys()].sort(),
    [
      ...["linear1.bias", "linear1.weight", "linear2.bias", "linear2.weight"],
      ...["norm1.bias", "norm1.weight", "norm2.bias", "norm2.weight"],
      ...["self_attn.in_proj_bias", "self_attn.in_proj_weight", "self_attn.out_proj.bias", "self_attn.out_proj.weight"],
    ],
  );
});

Deno.test("attention: attention over a memory equal to x is self-attention, with biases or without", async () => {
  for (const bias of [true, false]) {
    const layer = new MultiheadAttention({ engine, random }, 6, 2, { bias });
    layer.in_proj_bias?.assign(uniforms(18, 7));
    const x = engine.tensor([2, 3, 6], uniforms(36, 8));
    const own = await layer.forward(x).data(), across = await layer.forward(x, { memory: x }).data();
    own.forEach((value, i) => assert.ok(Math.abs(value - across[i]!) < 1e-6));
  }
});

Deno.test("attention: one tensor for queries, keys and values gets all three gradients", () =>
  checkGradients(engine, { x: { shape: [1, 2, 3, 4], data: uniforms(24, 5) } }, ({ x }) => {
    // What is computed from the queries is a key as well.
    const q = multiply({ a: x, b: engine.full([], 0.7) }), k = multiply({ a: q, b: q });
    return scaledDotProductAttention({ q, k, v: q });
  }));

Deno.test("attention: sizes that do not fit together are refused in one sentence", () => {
  const tensor = (...shape: number[]) => engine.full(shape, 0);
  assert.throws(
    () => selfAttention({ qkv: tensor(1, 2, 12) }, { heads: 3 }),
    new ShapeError("attention: a width of 4 cannot be divided into 3 heads."),
  );
  assert.throws(
    () => crossAttention({ q: tensor(1, 2, 4), kv: tensor(1, 3, 4) }, { heads: 2 }),
    new ShapeError("attention: kv is [1, 3, 4], but [1, 3, 8] is expected."),
  );
  assert.throws(
    () => scaledDotProductAttention({ q: tensor(2, 4), k: tensor(2, 4), v: tensor(2, 4) }),
    new ShapeError("attention: q is [2, 4], but [batch, heads, queries, size] is expected."),
  );
  assert.throws(
    () => selfAttention({ qkv: tensor(1, 2, 12), keyPaddingMask: engine.indices([1, 3], [0, 0, 0]) }, { heads: 2 }),
    new ShapeError("attention: keyPaddingMask is [1, 3], but [1, 2] is expected."),
  );
  assert.throws(
    () => new MultiheadAttention({ engine, random }, 6, 4),
    new UsageError("MultiheadAttention cannot divide a width of 6 into 4 heads."),
  );
});
