import type { AxisView } from "../reduction/axis.ts";

/** See `l21Norm`. */
export function l21NormReference(
  x: ArrayLike<number>,
  { outer, size, inner }: AxisView,
): { loss: number; gradient: Float64Array } {
  const gradient = new Float64Array(x.length);
  let loss = 0;
  for (let group = 0; group < outer * inner; group++) {
    const first = Math.floor(group / inner) * size * inner + group % inner;
    const places = Array.from({ length: size }, (_, k) => first + k * inner);
    const norm = Math.hypot(...places.map((at) => x[at]!));
    loss += norm;
    for (const at of places) gradient[at] = norm === 0 ? 0 : x[at]! / norm;
  }
  return { loss, gradient };
}
