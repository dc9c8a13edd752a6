import assert from "node:assert/strict";
import { backward, linear, type LinearOptions, matmul, Parameter, type Shape, type Tensor } from "../../engine/mod.ts";
import { Engine } from "../../engine/engine.ts";
import { elementCount } from "../../engine/tensors/storage.ts";
import { testEngine, uniforms } from "./harness.ts";

const engine = await testEngine();
const able = engine.capabilities.shaderF16;

function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name: `autocast: ${name}${able ? "" : " (skipped: no shader-f16)"}`, ignore: !able, fn });
}

const rounded = (values: Float32Array) => Float32Array.from(Float16Array.from(values));

/** A product of tensors in an order, with the shapes to try it on. */
interface Product {
  readonly of: (tensors: readonly Tensor[]) => Tensor;
  readonly shapes: readonly (readonly Shape[])[];
}

const linearOf = (options: LinearOptions): Product => ({
  of: ([x, weight, bias]) => linear({ x: x!, weight: weight!, bias }, options),
  // One, odd, one beyond a tile.
  shapes: [[1, 1, 1], [7, 5, 3], [33, 65, 34]].map(([rows, inner, out]) => [
    [rows!, inner!],
    [out!, inner!],
    [out!],
  ]),
});

const products: Readonly<Record<string, Product>> = {
  linear: linearOf({}),
  "linear with a rectifier": linearOf({ relu: true }),
  "linear with GELU": linearOf({ gelu: "none" }),
  matmul: {
    of: ([a, b]) => matmul({ a: a!, b: b! }),
    shapes: [[[1, 1], [1, 1]], [[7, 5], [5, 3]], [[33, 64], [64, 36]], [[2, 3, 8], [2, 8, 4]], [[2, 3, 8], [8, 4]]],
  },
  "matmul, both transposed": {
    of: ([a, b]) => matmul({ a: a!, b: b! }, { transposeA: true, transposeB: true }),
    shapes: [[[5, 7], [3, 5]], [[64, 36], [12, 64]], [[2, 8, 4], [4, 8]]],
  },
};

/** A product's value and its operands' gradients. */
async function evaluate(
  { of }: Product,
  shapes: readonly Shape[],
  { mixed, round = (values) => values }: { mixed: boolean; round?: (values: Float32Array) => Float32Array },
) {
  const operands = shapes.map((shape, i) => {
    const values = uniforms(elementCount(shape), i + 1);
    // The bias is added in f32.
    return new Parameter(engine, shape, i < 2 ? round(values) : values);
  });
  const y = engine.scope(() => {
    const y = mixed ? engine.autocast(() => of(operands)) : of(operands);
    backward(y, engine.tensor(y.shape, round(uniforms(y.size, 9))));
    return y;
  });
  const read = await engine.read([y, ...operands.map(({ grad }) => grad)]);
  for (const tensor of [...operands, y]) tensor.dispose();
  return read;
}

for (const [name, product] of Object.entries(products)) {
  test(`${name} is that of the operands in f16, there and back, and near that of f32`, async () => {
    for (const shapes of product.shapes) {
      const mixed = await evaluate(product, shapes, { mixed: true });
      const halves = await evaluate(product, shapes, { mixed: false, round: rounded });
      const floats = await evaluate(product, shapes, { mixed: false });
      mixed.forEach((values, i) => {
        const what = `${JSON.stringify(shapes)}, ${i === 0 ? "value" : `gradient ${i}`}`;
        const size = Math.max(...values.map(Math.abs));
        values.forEach((value, at) => {
          // A GELU's slope is rounded on the way back, and not what comes from above.
          if (!name.includes("GELU") || i === 0) {
            // The bias's gradient does not pass through a product.
            const want = i === 3 ? floats : halves;
            assert.ok(Math.abs(value - want[i]![at]!) <= 2e-6 * (1 + size), `${what}: ${value}, ${want[i]![at]}`);
          }
          assert.ok(Math.abs(value - floats[i]![at]!) <= 4e-3 * (0.1 + size), `${what}: ${value} far from f32`);
        });
      });
    }
  });
}

test("is not what f32 gives, and repeats its bits", async () => {
  const [shapes] = products.linear!.shapes.slice(-1);
  const [first, second, floats] = [
    await evaluate(products.linear!, shapes!, { mixed: true }),
    await evaluate(products.linear!, shapes!, { mixed: true }),
    await evaluate(products.linear!, shapes!, { mixed: false }),
  ];
  assert.deepEqual(first, second);
  for (const i of [0, 1, 2]) assert.notDeepEqual(first[i], floats[i]);
});

test("a tensor is copied once a block, and its copies are freed with what needs them", async () => {
  const before = engine.pool.liveLabels();
  const x = engine.tensor([4, 6], uniforms(24, 1)), weight = new Parameter(engine, [5, 6], uniforms(30, 2), "weight");
  const copies = () => engine.pool.liveLabels().filter((label) => label.includes("weight in f16")).length;
  const outputs = engine.autocast(() => {
    const results = [
      linear({ x, weight }),
      engine.autocast(() => linear({ x, weight })),
      matmul({ a: x, b: x }, { transposeB: true }),
    ];
    assert.equal(copies(), 1);
    return results;
  });
  assert.equal(engine.halves, null);
  assert.equal(copies(), 1, "the way back needs it");
  outputs[0]!.dispose();
  assert.equal(copies(), 1);
  outputs[1]!.dispose();
  assert.equal(copies(), 0);
  engine.noGrad(() => engine.autocast(() => linear({ x, weight }).dispose()));
  assert.equal(copies(), 0);
  for (const tensor of [x, weight, outputs[2]!]) tensor.dispose();
  await engine.finish();
  assert.deepEqual(engine.pool.liveLabels(), before);
});

test("a new block copies anew, and an error ends it", async () => {
  const x = engine.tensor([1, 2], [1, 1]), weight = new Parameter(engine, [1, 2], Float32Array.of(1, 2));
  const value = () => engine.autocast(() => linear({ x, weight }));
  const first = value();
  weight.assign(Float32Array.of(3, 4));
  const second = value();
  assert.deepEqual((await engine.read([first, second])).map(([one]) => one), [3, 7]);
  assert.throws(() =>
    engine.autocast(() => {
      throw new Error("stop");
    }), /stop/);
  assert.equal(engine.halves, null);
  for (const tensor of [x, weight, first, second]) tensor.dispose();
});

Deno.test("autocast: an adapter without f16 is refused by name", async () => {
  const other = await Engine.open();
  Object.assign(other, { capabilities: { ...other.capabilities, shaderF16: false } });
  assert.throws(() => other.autocast(() => {}), {
    name: "DeviceError",
    message: `Mixed precision needs an adapter with shader-f16, which ${other.adapterDescription} lacks.`,
  });
  await other[Symbol.asyncDispose]();
});
