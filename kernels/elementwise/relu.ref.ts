/** Gradient of the rectifier from its output, in float64. */
export function reluBackwardReference(y: ArrayLike<number>, dy: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: y.length }, (_, i) => y[i]! > 0 ? dy[i]! : 0);
}
