import type { Philox } from "../../kernels/philox.ts";

/** `count` numbers uniform on [-bound, bound). */
export function uniform(random: Philox, count: number, bound: number): Float32Array {
  return Float32Array.from({ length: count }, () => (random.uniform() * 2 - 1) * bound);
}

/** `count` numbers uniform around 0 with a given standard deviation. */
export function uniformWithDeviation(random: Philox, count: number, deviation: number): Float32Array {
  return uniform(random, count, deviation * Math.sqrt(3));
}
