type Numbers = ArrayLike<number>;

/** Value of a function of paired rows, and its gradients for both rows, in float64. */
export interface PairValue {
  readonly value: number;
  readonly gradientX: number[];
  readonly gradientY: number[];
}

/** See `euclidean`. */
export function euclideanReference(x: Numbers, y: Numbers, { squared = false } = {}): PairValue {
  const difference = Array.from(x, (value, k) => value - y[k]!);
  const sum = difference.reduce((total, value) => total + value ** 2, 0);
  const value = squared ? sum : Math.sqrt(sum);
  const slope = squared ? 2 : value === 0 ? 0 : 1 / value;
  return {
    value,
    gradientX: difference.map((each) => slope * each),
    gradientY: difference.map((each) => -slope * each),
  };
}

/** Cosine of two rows, each of which counts as at least `epsilon` long; see `normalize`. */
export function cosineReference(x: Numbers, y: Numbers, epsilon = 1e-8): PairValue {
  const dot = (a: Numbers, b: Numbers) => Array.from(a).reduce((sum, value, k) => sum + value * b[k]!, 0);
  const lengthX = Math.sqrt(dot(x, x)), lengthY = Math.sqrt(dot(y, y));
  const divisorX = Math.max(lengthX, epsilon), divisorY = Math.max(lengthY, epsilon);
  const value = dot(x, y) / (divisorX * divisorY);
  const gradient = (own: Numbers, other: Numbers, ownLength: number, divisor: number) =>
    Array.from(
      other,
      (each, k) => each / (divisorX * divisorY) - (ownLength > epsilon ? value * own[k]! / divisor ** 2 : 0),
    );
  return { value, gradientX: gradient(x, y, lengthX, divisorX), gradientY: gradient(y, x, lengthY, divisorY) };
}

/** (x - y)ᵀ M (x - y) with M [d, d] row by row. */
export function mahalanobisSquaredReference(x: Numbers, y: Numbers, m: Numbers): number {
  const difference = Array.from(x, (value, k) => value - y[k]!), d = difference.length;
  return difference.reduce(
    (sum, left, i) => sum + left * difference.reduce((row, right, k) => row + m[i * d + k]! * right, 0),
    0,
  );
}

/** The gradients of <upstream, distances> for all rows of x, y and, where given, of M; see `pairwiseDistance`. */
export function pairwiseReference(
  x: readonly Numbers[],
  y: readonly Numbers[],
  pair: (x: Numbers, y: Numbers) => PairValue,
  upstream: Numbers,
): { distances: number[]; gradientX: number[]; gradientY: number[] } {
  const columns = x[0]!.length;
  const distances: number[] = [];
  const gradientX = new Array<number>(x.length * columns).fill(0);
  const gradientY = new Array<number>(y.length * columns).fill(0);
  x.forEach((left, i) =>
    y.forEach((right, j) => {
      const { value, gradientX: forX, gradientY: forY } = pair(left, right);
      distances.push(value);
      const dy = upstream[i * y.length + j]!;
      for (let k = 0; k < columns; k++) {
        gradientX[i * columns + k]! += dy * forX[k]!;
        gradientY[j * columns + k]! += dy * forY[k]!;
      }
    })
  );
  return { distances, gradientX, gradientY };
}

/** See `scmlLocal`. */
export function scmlLocalReference(u: Numbers, s: Numbers): PairValue {
  const products = Array.from(u, (value, i) => value * s[i]!);
  return {
    value: products.reduce((sum, value) => sum + value ** 2, 0),
    gradientX: products.map((value, i) => 2 * value * s[i]!),
    gradientY: products.map((value, i) => 2 * value * u[i]!),
  };
}

/** See `scmlFeatures`: the feature and its derivatives for t and s. */
export function scmlFeatureReference(t: number, s: number): { phi: number; gradientT: number; gradientS: number } {
  const root = Math.sqrt(Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t))));
  return { phi: root * s, gradientT: s / ((1 + Math.exp(-t)) * 2 * root), gradientS: root };
}
