import { philoxBlock } from "../philox.ts";
import type { Draw } from "./draw.ts";

/** The first `count` words of a draw. */
export function wordsReference(count: number, { seed, stream = 0, step = 0, use = 0 }: Draw): Uint32Array {
  return Uint32Array.from(
    { length: count },
    (_, i) => philoxBlock([Math.floor(i / 4), 0, step, use], [seed >>> 0, stream])[i % 4]!,
  );
}

/** See `fillUniform`; on [0, 1). */
export function uniformReference(count: number, draw: Draw): Float64Array {
  return Float64Array.from(wordsReference(count, draw), (word) => (word >>> 8) / 2 ** 24);
}

/** See `fillNormal`; standard normal. */
export function normalReference(count: number, draw: Draw): Float64Array {
  const fractions = uniformReference(count + count % 2, draw);
  return Float64Array.from({ length: count }, (_, i) => {
    const even = i - i % 2, angle = 2 * Math.PI * fractions[even + 1]!;
    return Math.sqrt(-2 * Math.log(1 - fractions[even]!)) * (i % 2 ? Math.sin(angle) : Math.cos(angle));
  });
}
