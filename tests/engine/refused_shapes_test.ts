import assert from "node:assert/strict";
import {
  batchNorm,
  bilinear,
  Buffer,
  concat,
  embedding,
  expand,
  gated,
  gather,
  indexSelect,
  layerNorm,
  linear,
  mseLoss,
  Parameter,
  randomNormal,
  reshape,
  rmsNorm,
  rotary,
  selfAttention,
  type Tensor,
  topk,
} from "../../engine/mod.ts";
import { fill } from "../../kernels/elementwise/fill.ts";
import { ShapeError, UsageError } from "../../kernels/errors.ts";
import { testEngine } from "./harness.ts";

const engine = await testEngine();
const ones = (...shape: number[]) => engine.full(shape, 1);

/** Checks that a call is refused with one sentence. */
function refused(call: () => unknown, message: string): void {
  engine.scope(() => assert.throws(call, new ShapeError(message)));
}

Deno.test("ops: operands that do not fit are named with what does not", () => {
  const rule = "do not fit: counted from the last axis, sizes are equal or 1.";
  refused(() => ones(4, 3).add(ones(5, 3)), `add: [4, 3] and [5, 3] ${rule}`);
  refused(() => ones(4).div(ones(5)), `divide: [4] and [5] ${rule}`);
  refused(() => ones(4, 3).matmul(ones(5, 3)), "matmul: a [4, 3] has 3 columns, but b [5, 3] has 5 rows.");
  refused(
    () => ones(4, 3).matmul(ones(3, 5), { transposeA: true, transposeB: true }),
    "matmul: a [4, 3]ᵀ has 4 columns, but b [3, 5]ᵀ has 5 rows.",
  );
  refused(() => ones(4, 3).matmul(ones(3)), "matmul: b is [3], but two axes or more are expected.");
  refused(
    () => ones(2, 4, 3).matmul(ones(3, 3, 5)),
    "matmul: a [2, 4, 3] and b [3, 3, 5] differ in the leading axes, which only b may lack.",
  );
});

Deno.test("ops: inputs that are no tensors, or stand without their names, are refused", () => {
  const refuse = (inputs: unknown, message: string) =>
    assert.throws(() => linear(inputs as { x: Tensor; weight: Tensor }), new UsageError(message));
  const x = engine.full([4, 2], 1, "x");
  refuse(
    { x: [1, 2], weight: x },
    "linear: x is an array, but a tensor is expected; engine.tensor makes one of numbers.",
  );
  refuse({ x, weight: 3 }, "linear: weight is number, but a tensor is expected; engine.tensor makes one of numbers.");
  refuse(x, "linear: inputs by name are expected, but the tensor x [4, 2] stands in their place.");
  x.dispose();
});

Deno.test("ops: indices are refused where numbers are computed with, and only moved as they are", async () => {
  const label = engine.indices([4], [0, 1, 2, 1]), x = engine.full([4], 1);
  const cases: readonly [call: () => unknown, op: string, input: string][] = [
    [() => label.add(1), "add", "a"],
    [() => x.mul(label), "multiply", "b"],
    [() => label.sum(), "sum", "x"],
    [() => label.relu(), "relu", "x"],
    [() => label.argmax(), "argmax", "x"],
    [() => mseLoss({ prediction: x, target: label }), "mse_loss", "target"],
    [() => topk({ x: label }, { k: 1 }), "topk", "x"],
  ];
  for (const [call, op, input] of cases) {
    refused(call, `${op}: ${input} is u32 (indices), but f32 is expected; engine.tensor makes f32 of numbers.`);
  }
  refused(() => concat([x, label]), "concat: u32 does not fit beside f32.");
  using moved = engine.scope(() =>
    concat([label.reshape([2, 2]).permute([1, 0]).narrow({ end: 1 }).expand([2, 2]), label.reshape([2, 2])])
  );
  assert.deepEqual([...await moved.data()], [0, 0, 0, 1, 1, 1, 2, 1]);
  label.dispose();
  x.dispose();
});

Deno.test("tensors: a shape that is no list is refused", () => {
  // As programs without a compiler may call it.
  const shape = 3 as unknown as readonly number[];
  refused(() => engine.tensor(shape, [1, 2, 3]), "tensor: the shape is 3, but a list of sizes is expected.");
  refused(() => engine.full([3], 1, "x").reshape(shape), "x: the shape is 3, but a list of sizes is expected.");
});

Deno.test("ops: where the rows of an input do not fit a weight, the input is named", () => {
  refused(
    () => linear({ x: ones(5, 3), weight: ones(4, 2) }),
    "linear: x is [5, 3], but weight [4, 2] takes rows of 2.",
  );
  refused(() => linear({ x: ones(5, 3), weight: ones(3) }), "linear: weight is [3], but [out, in] is expected.");
  refused(
    () => bilinear({ x1: ones(5, 3), x2: ones(5, 2), weight: ones(4, 3, 6) }),
    "bilinear: x2 is [5, 2], but weight [4, 3, 6] takes rows of 6.",
  );
  refused(
    () => bilinear({ x1: ones(5, 2), x2: ones(5, 6), weight: ones(4, 3, 6) }),
    "bilinear: x1 is [5, 2], but weight [4, 3, 6] takes rows of 3.",
  );
  refused(
    () => bilinear({ x1: ones(5, 2), x2: ones(5, 6), weight: ones(3, 6) }),
    "bilinear: weight is [3, 6], but [out, in1, in2] is expected.",
  );
  refused(
    () => layerNorm({ x: ones(5, 3), weight: ones(4) }),
    "layer_norm: x is [5, 3], but weight [4] takes rows of 4.",
  );
  refused(
    () => rmsNorm({ x: ones(5, 3), weight: ones(4) }),
    "rms_norm: x is [5, 3], but weight [4] takes rows of 4.",
  );
  refused(
    () => rotary({ x: ones(1, 3, 8), table: ones(2, 2, 2) }, { heads: 2, headSize: 4 }),
    "rotary: x is [1, 3, 8] and the table [2, 2, 2], which 2 heads of 4 do not fit.",
  );
  refused(
    () => gated({ x: ones(2, 5) }, { activation: "silu" }),
    "gated: x is [2, 5], but rows of a gate and a value of one length are expected.",
  );
  refused(
    () => selfAttention({ qkv: ones(1, 2, 10) }, { heads: 4, keyHeads: 2 }),
    "attention: 10 columns cannot be divided into 4 heads of queries and 2 of keys and of values.",
  );
  const [runningMean, runningVar] = [ones(4), ones(4)];
  refused(
    () => batchNorm({ x: ones(5, 3), runningMean, runningVar }, { training: false }),
    "batch_norm: x is [5, 3], of 3 channels, but runningMean is [4].",
  );
});

Deno.test("ops: indices beyond what they look into are refused where the host knows them", () => {
  const index = engine.indices([2], [1, 7]);
  refused(() => embedding({ weight: ones(7, 2), index }), "embedding: index holds 7, but weight has rows 0 to 6.");
  refused(
    () => indexSelect({ x: ones(2, 7), index }, { axis: 1 }),
    "index_select: index holds 7, but axis 1 of x has positions 0 to 6.",
  );
  refused(() => gather({ x: ones(7), index }), "gather: index holds 7, but axis -1 of x has positions 0 to 6.");
  engine.scope(() => embedding({ weight: ones(8, 2), index }));
});

Deno.test("indices: only whole numbers from 0 on are taken", () => {
  for (const wrong of [-1, 1.5, NaN, 2 ** 32]) {
    refused(
      () => engine.indices([2], [0, wrong], "rows"),
      `rows: element 1 is ${wrong}, but a whole number from 0 on is expected.`,
    );
  }
});

Deno.test("shapes: only sizes that are whole numbers from 0 on are taken", () => {
  const x = engine.tensor([4], [1, 2, 3, 4]);
  for (const shape of [[-1, 4], [-2, -2], [4, 0.5, 2], [NaN], [2 ** 60], [Infinity]]) {
    const message = (name: string) =>
      new ShapeError(`${name}: [${shape.join(", ")}] is no shape; sizes are whole numbers from 0 on.`);
    const calls: Record<string, () => unknown> = {
      tensor: () => engine.tensor(shape, [1, 2, 3, 4]),
      indices: () => engine.indices(shape, [1, 2, 3, 4]),
      parameter: () => new Parameter(engine, shape, new Float32Array(4)),
      buffer: () => new Buffer(engine, shape, new Float32Array(4)),
    };
    for (const [name, call] of Object.entries(calls)) assert.throws(call, message(name));
    for (const call of [() => engine.full(shape, 1), () => randomNormal(engine, shape), () => engine.empty(shape)]) {
      assert.throws(call, message("tensor"));
    }
    assert.throws(() => reshape({ x }, { shape }), message("tensor"));
    assert.throws(() => expand({ x: engine.full([1], 1) }, { shape }), ShapeError);
  }
});

Deno.test("shapes: of elements that are given for the shape, a message names a few", () => {
  assert.throws(
    () => engine.tensor(Array.from({ length: 1000 }, (_, i) => i - 1), [2, 500]),
    new ShapeError(
      "tensor: [-1, 0, 1, 2, 3, 4, 5, 6, ... 992 more] is no shape; sizes are whole numbers from 0 on.",
    ),
  );
});

Deno.test("shapes: a tensor of more bytes than a binding holds is refused before its memory is taken", () => {
  const most = engine.opened.device.limits.maxStorageBufferBindingSize, rows = most / 4096 + 1;
  const { reservedBytes } = engine.memory();
  const message = `takes ${(rows * 4096).toLocaleString("en")} bytes, but this device binds at most ${
    most.toLocaleString("en")
  } at once`;
  refused(() => engine.empty([rows, 1024]), `tensor [${rows}, 1024] ${message}; a smaller batch takes less.`);
  const column = ones(rows, 1), x = engine.tensor([1, 4], [1, 2, 3, 4]);
  refused(
    () => column.matmul(engine.full([1, 1024], 1)),
    `tensor [${rows}, 1024] ${message}; a smaller batch takes less.`,
  );
  const long = { ...x.slice, size: rows * 4096 };
  refused(() => fill(engine.stream, { y: long, value: 0, count: 4 }), `fill: y ${message}.`);
  assert.ok(engine.memory().reservedBytes - reservedBytes < most);
});
