import { unaryReferences } from "../elementwise/unary.ref.ts";
import type { GateFunction } from "./gated.ts";

/** y = f(a) b in float64, with a and b the halves of each row of 2 columns. */
export function gatedReference(name: GateFunction, x: ArrayLike<number>, columns: number): Float64Array {
  const { value } = unaryReferences[name];
  return Float64Array.from({ length: x.length / 2 }, (_, at) => {
    const gate = at + Math.floor(at / columns) * columns;
    return value(x[gate]!, 0, 0) * x[gate + columns]!;
  });
}

/** Gradient of <dy, y> for x in float64. */
export function gatedBackwardReference(
  name: GateFunction,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  columns: number,
): Float64Array {
  const { value, derivative } = unaryReferences[name], dx = new Float64Array(x.length);
  for (let at = 0; at < dy.length; at++) {
    const gate = at + Math.floor(at / columns) * columns;
    dx[gate] = dy[at]! * x[gate + columns]! * derivative(x[gate]!, 0, 0);
    dx[gate + columns] = dy[at]! * value(x[gate]!, 0, 0);
  }
  return dx;
}
