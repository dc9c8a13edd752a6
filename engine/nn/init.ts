import type { Philox } from "../../kernels/philox.ts";
import { fillUniform } from "../../kernels/random/fill_random.ts";
import { elementCount, type Shape, type Storage } from "../tensors/storage.ts";
import type { ModuleOptions } from "./module.ts";

/** The bound that PyTorch draws a linear layer's first values from: 1/√in, or 0 where there is no input. */
export function fanInBound(inFeatures: number): number {
  return inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0;
}

/** `count` numbers uniform on [-bound, bound). */
export function uniform(random: Philox, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => (random.uniform() * 2 - 1) * bound);
}

/** `count` numbers uniform around 0 with a given standard deviation. */
export function uniformWithDeviation(random: Philox, count: number, deviation: number): Float32Array {
  return uniform(random, count, deviation * Math.sqrt(3));
}

/**
 * Memory for a parameter whose elements are uniform on [-bound, bound), drawn on the device: for what is too large to draw
 * on the host. The numbers do not depend on how many buffers it takes.
 */
export function uniformOnDevice({ engine, random }: ModuleOptions, shape: Shape, bound: number): Storage {
  const storage = engine.allocateFor(shape, "parameter");
  // The device draws whole blocks of four.
  const begin = Math.ceil(random.position / 4) * 4;
  let from = begin;
  for (const y of storage.slices) {
    const draw = { seed: random.seed, stream: random.stream, from };
    fillUniform(engine.stream, { y, count: y.size / 4, draw, low: -bound, high: bound });
    from += y.size / 4;
  }
  random.position = begin + elementCount(shape);
  return storage;
}
