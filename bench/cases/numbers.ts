import { Philox } from "../../kernels/philox.ts";

/** Uniform numbers from -1 to 1. */
export function uniform(length: number, seed: number): Float32Array {
  const random = new Philox(seed);
  return Float32Array.from({ length }, () => random.uint32() / 2 ** 31 - 1);
}
