import { wordsReference } from "../random/random.ref.ts";
import type { Dropout } from "./keep.ts";

/** The mask of a dropout: 1 for each of `count` elements that is kept, else 0. */
export function dropoutMaskReference(count: number, { probability, draw }: Dropout): Uint8Array {
  return Uint8Array.from(wordsReference(count, draw), (word) => word / 2 ** 32 >= probability ? 1 : 0);
}

/** y = x mask / (1 - p) in float64. */
export function dropoutReference(x: ArrayLike<number>, mask: ArrayLike<number>, probability: number): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => x[i]! * mask[i]! / (1 - probability));
}
