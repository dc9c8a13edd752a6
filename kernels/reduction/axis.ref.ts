import type { AxisView } from "./axis.ts";

/** Applies `reduce` to the numbers along the middle axis of x [outer, size, inner]; results in the order of [outer, inner]. */
function along<T>(x: ArrayLike<number>, { outer, size, inner }: AxisView, reduce: (line: Float64Array) => T): T[] {
  return Array.from({ length: outer * inner }, (_, i) => {
    const first = Math.floor(i / inner) * size * inner + i % inner;
    return reduce(Float64Array.from({ length: size }, (_, k) => x[first + k * inner]!));
  });
}

/** Puts lines of `size` numbers back along the middle axis. */
function spread(lines: readonly ArrayLike<number>[], { outer, size, inner }: AxisView): Float64Array {
  return Float64Array.from({ length: outer * size * inner }, (_, i) => {
    const row = Math.floor(i / inner);
    return lines[Math.floor(row / size) * inner + i % inner]![row % size]!;
  });
}

/** See `sumAxis`. */
export function sumAxisReference(x: ArrayLike<number>, view: AxisView): Float64Array {
  return Float64Array.from(along(x, view, (line) => line.reduce((sum, value) => sum + value, 0)));
}

/** Positions that `maxAxis` gives. */
export function argmaxReference(x: ArrayLike<number>, view: AxisView): number[] {
  return along(x, view, (line) => line.indexOf(Math.max(...line)));
}

/** See `topK`; for numbers. */
export function topKReference(x: ArrayLike<number>, view: AxisView, k: number): Float64Array {
  const lines = along(x, view, (line) => {
    const order = [...line.keys()].sort((a, b) => line[b]! - line[a]! || a - b);
    return order.slice(0, k);
  });
  return spread(lines, { ...view, size: k });
}

/** See `maxAxis`. */
export function maxReference(x: ArrayLike<number>, view: AxisView): Float64Array {
  return Float64Array.from(along(x, view, (line) => Math.max(...line)));
}

/** See `maxAxisBackward`. */
export function maxBackwardReference(x: ArrayLike<number>, dy: ArrayLike<number>, view: AxisView): Float64Array {
  const lines = argmaxReference(x, view).map((best, i) =>
    Float64Array.from({ length: view.size }, (_, k) => k === best ? dy[i]! : 0)
  );
  return spread(lines, view);
}

const logSumExpOf = (line: Float64Array) => {
  const greatest = Math.max(...line);
  return greatest + Math.log(line.reduce((sum, value) => sum + Math.exp(value - greatest), 0));
};

/** See `logSumExp`. */
export function logSumExpReference(x: ArrayLike<number>, view: AxisView): Float64Array {
  return Float64Array.from(along(x, view, logSumExpOf));
}

/** See `softmax`. */
export function logSoftmaxReference(x: ArrayLike<number>, view: AxisView): Float64Array {
  const lines = along(x, view, (line) => {
    const sum = logSumExpOf(line);
    return line.map((value) => value - sum);
  });
  return spread(lines, view);
}

/** See `softmax`. */
export function softmaxReference(x: ArrayLike<number>, view: AxisView): Float64Array {
  return logSoftmaxReference(x, view).map(Math.exp);
}

/** See `softmaxBackward`; from the input. */
export function softmaxBackwardReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  view: AxisView,
): Float64Array {
  const y = softmaxReference(x, view);
  const weighted = spreadSums(y.map((value, i) => value * dy[i]!), view);
  return y.map((value, i) => value * (dy[i]! - weighted[i]!));
}

/** See `softmaxBackward`; from the input. */
export function logSoftmaxBackwardReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  view: AxisView,
): Float64Array {
  const y = softmaxReference(x, view), sums = spreadSums(dy, view);
  return y.map((value, i) => dy[i]! - value * sums[i]!);
}

function spreadSums(x: ArrayLike<number>, view: AxisView): Float64Array {
  return spread([...sumAxisReference(x, view)].map((sum) => new Float64Array(view.size).fill(sum)), view);
}
