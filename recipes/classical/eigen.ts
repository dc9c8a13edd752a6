import { MetrogradError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { addRows, dot, doubles, type Matrix, rowOf, timesVector, zeros } from "./matrix.ts";

/** Eigenvalues with their vectors. */
export interface Eigenpairs {
  /** From the greatest down. */
  readonly values: Float64Array;
  /** The eigenvectors as rows, of length 1. */
  readonly vectors: Matrix<Float64Array>;
}

/** A residual that counts as none, beside the greatest eigenvalue. */
const tolerance = 1e-10;
const startStream = 0x1a7c;

/** How many times as many steps are done before pairs are looked at again. */
const growth = 1.1;

/**
 * The greatest eigenvalues of a symmetric matrix that is known by its products, with their vectors, in float64: Lanczos'
 * method with full reorthogonalisation. The basis grows until every pair is exact to 1e-10 of the greatest eigenvalue, at
 * the latest to the whole space. The same input gives the same bits.
 *
 * @param multiply the product of the matrix with a vector, [size] → [size]
 * @param count how many pairs; at most `size`
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 10.3
 */
export function leadingEigenpairs(
  multiply: (x: Float64Array) => Float64Array,
  size: number,
  count = size,
): Eigenpairs {
  const steps = eigenpairSteps(multiply, size, count);
  for (let step = steps.next();; step = steps.next()) if (step.done) return step.value;
}

/** Steps before pairs are looked at. */
export const leastSteps = (count: number): number => 2 * count + 20;

/** The same in steps: before each says how many are done, and of how many, which may become more. */
export function* eigenpairSteps(
  multiply: (x: Float64Array) => Float64Array,
  size: number,
  count: number,
): Generator<readonly [done: number, total: number], Eigenpairs> {
  const wanted = Math.min(count, size);
  const random = new Philox(1, startStream);
  const basis = zeros(size, size), diagonal: number[] = [], below: number[] = [];
  let next = freshDirection(basis, 0, random);
  for (let target = Math.min(size, leastSteps(wanted));; target = Math.min(size, Math.ceil(growth * target))) {
    while (diagonal.length < target) {
      const step = diagonal.length;
      yield [step, target];
      rowOf(basis, step).set(next);
      const image = multiply(rowOf(basis, step));
      diagonal.push(dot(image, rowOf(basis, step)));
      orthogonalize(image, basis, step + 1);
      const length = Math.sqrt(dot(image, image));
      // A space that the matrix maps into itself is left by a new direction.
      const spent = !(length > 1e-13 * Math.max(...diagonal.map(Math.abs)));
      if (step + 1 === size) below.push(0);
      else {
        below.push(spent ? 0 : length);
        next = spent ? freshDirection(basis, step + 1, random) : image.map((value) => value / length);
      }
    }
    // Residuals follow from the last numbers of the vectors, which take far less time than whole ones.
    const { values, vectors: ends } = tridiagonalEigenpairs(diagonal, below, target - 1);
    const order = Array.from(values.keys()).sort((i, j) => values[j]! - values[i]!).slice(0, wanted);
    const limit = tolerance * Math.max(...values.map(Math.abs));
    const residual = (pair: number) => Math.abs(below[target - 1]! * ends.data[pair]!);
    if (target < size && !order.every((pair) => residual(pair) <= limit)) continue;
    const { vectors } = tridiagonalEigenpairs(diagonal, below);
    const found = zeros(wanted, size);
    order.forEach((pair, i) => addRows(rowOf(found, i), basis, rowOf(vectors, pair)));
    return { values: Float64Array.from(order, (pair) => values[pair]!), vectors: found };
  }
}

/** Eigenpairs of a symmetric matrix, all or the greatest ones. */
export function symmetricEigenpairs(matrix: Matrix, count = matrix.rows): Eigenpairs {
  const whole = doubles(matrix.data, matrix.rows);
  return leadingEigenpairs((x) => timesVector(whole, x), matrix.rows, count);
}

/** A random direction at right angles to the first rows of a basis. */
function freshDirection(basis: Matrix<Float64Array>, rows: number, random: Philox): Float64Array {
  const direction = Float64Array.from({ length: basis.columns }, () => random.normal());
  orthogonalize(direction, basis, rows);
  const length = Math.sqrt(dot(direction, direction));
  return direction.map((value) => value / length);
}

/** Takes the first rows of a basis out of a vector; twice, since once leaves what rounding made. */
function orthogonalize(x: Float64Array, basis: Matrix<Float64Array>, rows: number): void {
  for (let pass = 0; pass < 2; pass++) addRows(x, basis, timesVector(basis, x, rows), -1);
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix, with their vectors as rows, by QL steps with implicit shifts.
 *
 * @param below the numbers below the diagonal; the last is not looked at
 * @param from first number of each vector that is wanted
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 8.3
 */
function tridiagonalEigenpairs(diagonal: readonly number[], below: readonly number[], from = 0) {
  const size = diagonal.length, kept = size - from;
  const d = Float64Array.from(diagonal), e = Float64Array.from(below).fill(0, size - 1);
  const vectors = zeros(size, kept);
  for (let i = from; i < size; i++) vectors.data[i * kept + i - from] = 1;
  for (let low = 0; low < size; low++) {
    for (let round = 0;; round++) {
      let high = low;
      while (high + 1 < size && Math.abs(e[high]!) > 2 ** -52 * (Math.abs(d[high]!) + Math.abs(d[high + 1]!))) high++;
      if (high === low) break;
      if (round === 60) throw new MetrogradError(`The eigenvalues of a ${size} x ${size} matrix were not found.`);
      const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      const root = Math.hypot(half, 1);
      let g = d[high]! - d[low]! + e[low]! / (half + (half < 0 ? -root : root));
      let sine = 1, cosine = 1, shift = 0;
      let split = false;
      for (let i = high - 1; i >= low; i--) {
        const f = sine * e[i]!, b = cosine * e[i]!;
        const length = Math.hypot(f, g);
        e[i + 1] = length;
        if (length === 0) {
          d[i + 1]! -= shift;
          e[high] = 0;
          split = true;
          break;
        }
        sine = f / length;
        cosine = g / length;
        g = d[i + 1]! - shift;
        const r = (d[i]! - g) * sine + 2 * cosine * b;
        shift = sine * r;
        d[i + 1] = g + shift;
        g = cosine * r - b;
        const left = rowOf(vectors, i), right = rowOf(vectors, i + 1);
        for (let k = 0; k < kept; k++) {
          const x = left[k]!, y = right[k]!;
          right[k] = sine * x + cosine * y;
          left[k] = cosine * x - sine * y;
        }
      }
      if (split) continue;
      d[low]! -= shift;
      e[low] = g;
      e[high] = 0;
    }
  }
  return { values: d, vectors };
}
