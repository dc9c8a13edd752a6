import assert from "node:assert/strict";
import { backward } from "../../engine/autograd.ts";
import type { Engine } from "../../engine/engine.ts";
import { add, multiply } from "../../engine/ops/arithmetic.ts";
import { Parameter } from "../../engine/tensors/parameter.ts";
import { elementCount, type Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { uniforms } from "./harness.ts";

/** Where differences are taken: shapes and elements by name. */
export type Point = Readonly<Record<string, { readonly shape: Shape; readonly data: Float32Array<ArrayBuffer> }>>;

type Inputs<P extends Point> = { readonly [Name in keyof P]: Tensor };

/** The function under test, of tensors named as in the point. */
export type TensorFunction<P extends Point> = (inputs: Inputs<P>) => Tensor;

/** A power of two, so that x + step and x - step are exact more often. */
const step = 2 ** -7;
const upstreamSeed = 77;

/**
 * Fails unless the gradients of <upstream, f(x)> equal central differences on the device, for every input, in each of
 * the ways in which a gradient can arrive: at a parameter, at a parameter that already holds one, at an intermediate
 * result that is used twice, and at one parameter among constants.
 */
export async function checkGradients<P extends Point>(engine: Engine, point: P, f: TensorFunction<P>): Promise<void> {
  const expected = await numericalGradients(engine, point, f);
  const constants = mapValues(point, ({ shape, data }, name) => engine.tensor(shape, data, name)) as Inputs<P>;
  const two = (values: Float64Array) => values.map((value) => 2 * value);
  const once = await gradients(engine, point, (leaves) => [f(leaves)]);
  const twice = await gradients(engine, point, (leaves) => [f(leaves), f(leaves)]);
  const shared = await gradients(engine, point, (leaves) => {
    const between = mapValues(leaves, (leaf) => multiply({ a: leaf, b: engine.full(leaf.shape, 1) })) as typeof leaves;
    return [add({ a: f(between), b: f(between) })];
  });
  for (const name of Object.keys(point)) {
    assertNear(once[name]!, expected[name]!, `${name} at a parameter`);
    assertNear(twice[name]!, two(expected[name]!), `${name} over two backward calls`);
    assertNear(shared[name]!, two(expected[name]!), `${name} used twice`);
    const alone = await gradients(engine, { [name]: point[name]! }, (leaf) => [f({ ...constants, ...leaf })]);
    assertNear(alone[name]!, expected[name]!, `${name} with all else constant`);
  }
  for (const constant of Object.values<Tensor>(constants)) constant.dispose();
}

/** Fails unless a gradient equals differences, up to what differences in f32 can tell. */
export function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: lengths differ`);
  const scale = Math.max(1e-2, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference <= 4e-3 * scale, `${what}, element ${i}: ${expected[i]} expected, ${actual[i]} found`);
  }
}

/** The upstream gradient of an output of this many elements. */
export function upstreamOf(count: number): Float32Array<ArrayBuffer> {
  return uniforms(count, upstreamSeed);
}

/** <upstream, output> in float64. */
export function weighted(output: Float32Array): number {
  const upstream = upstreamOf(output.length);
  return output.reduce((total, value, i) => total + value * upstream[i]!, 0);
}

async function numericalGradients<P extends Point>(
  engine: Engine,
  point: P,
  f: TensorFunction<P>,
): Promise<Record<string, Float64Array>> {
  const results: Tensor[] = [];
  const at = (name: string, i: number, change: number) =>
    engine.scope(() =>
      f(
        mapValues(point, ({ shape, data }, other) => {
          const moved = data.slice();
          if (other === name) moved[i]! += change;
          return engine.tensor(shape, moved, other);
        }) as { readonly [Name in keyof P]: Tensor },
      )
    );
  for (const [name, { data }] of Object.entries(point)) {
    for (let i = 0; i < data.length; i++) results.push(at(name, i, step), at(name, i, -step));
  }
  const values = (await engine.read(results)).map(weighted);
  for (const result of results) result.dispose();
  let next = 0;
  return mapValues(point, ({ data }) =>
    Float64Array.from(data, (element) => {
      const above = values[next++]!, below = values[next++]!;
      // What the step became in f32.
      return (above - below) / (Math.fround(element + step) - Math.fround(element - step));
    }));
}

/** Gradients at new parameters, after a backward call from each of the results. */
async function gradients<P extends Point>(
  engine: Engine,
  point: P,
  results: (leaves: Inputs<P>) => readonly Tensor[],
): Promise<Record<string, Float32Array>> {
  const leaves = mapValues(point, ({ shape, data }, name) => new Parameter(engine, shape, data, name));
  try {
    engine.scope(() => {
      for (const result of results(leaves as unknown as Inputs<P>)) {
        backward(result, engine.tensor(result.shape, upstreamOf(elementCount(result.shape))));
      }
    });
    for (const leaf of Object.values(leaves)) assert.ok(leaf.hasGrad, `${leaf.name} got no gradient`);
    const values = await engine.read(Object.values(leaves).map((leaf) => leaf.grad));
    return Object.fromEntries(Object.keys(leaves).map((name, i) => [name, values[i]!]));
  } finally {
    for (const leaf of Object.values(leaves)) leaf.dispose();
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
