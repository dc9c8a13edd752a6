/** How `conjugateGradient` solves. */
export interface ConjugateGradientOptions {
  /** Rows and columns that count, in ascending order; all by default. The others of the solution are 0. */
  readonly rows?: Uint32Array;
  /** Of |b - (K + diag) x| / |b|. */
  readonly tolerance?: number;
  /** Steps at most. */
  readonly iterations?: number;
  /** Awaited after each step, to show progress and to stop. */
  readonly onStep?: (step: number) => Promise<void>;
}

/**
 * Solves (K + diag) x = b for a symmetric positive definite K by conjugate gradients with Jacobi scaling, in float64.
 *
 * @param k row-major, [size, size]
 * @param diagonal added to K's
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 11.5
 */
export async function conjugateGradient(
  k: Float32Array,
  diagonal: Float64Array,
  b: Float64Array,
  options: ConjugateGradientOptions = {},
): Promise<Float64Array> {
  const size = b.length, { tolerance = 1e-6, iterations = 1000, onStep = async () => {} } = options;
  const rows = options.rows ?? Uint32Array.from(b.keys());
  const dot = (u: Float64Array, v: Float64Array) => {
    let sum = 0;
    for (const i of rows) sum += u[i]! * v[i]!;
    return sum;
  };
  const x = new Float64Array(size), residual = new Float64Array(size), product = new Float64Array(size);
  const direction = new Float64Array(size), scale = new Float64Array(size);
  for (const i of rows) {
    residual[i] = b[i]!;
    scale[i] = 1 / (diagonal[i]! + k[i * size + i]!);
    direction[i] = residual[i]! * scale[i]!;
  }
  let energy = dot(residual, direction);
  const goal = tolerance * Math.sqrt(dot(residual, residual));
  for (let step = 1; step <= iterations && Math.sqrt(dot(residual, residual)) > goal; step++) {
    for (const i of rows) product[i] = rowProduct(k, i * size, direction) + diagonal[i]! * direction[i]!;
    const length = energy / dot(direction, product);
    let next = 0;
    for (const i of rows) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * product[i]!;
      next += residual[i]! ** 2 * scale[i]!;
    }
    for (const i of rows) direction[i] = residual[i]! * scale[i]! + next / energy * direction[i]!;
    energy = next;
    await onStep(step);
  }
  return x;
}

/** Product of a row of a matrix, which begins at `from`, with a vector. */
export function rowProduct(matrix: Float32Array, from: number, x: Float64Array): number {
  const size = x.length;
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, j = 0;
  for (; j + 3 < size; j += 4) {
    s0 += matrix[from + j]! * x[j]!;
    s1 += matrix[from + j + 1]! * x[j + 1]!;
    s2 += matrix[from + j + 2]! * x[j + 2]!;
    s3 += matrix[from + j + 3]! * x[j + 3]!;
  }
  for (; j < size; j++) s0 += matrix[from + j]! * x[j]!;
  return s0 + s1 + s2 + s3;
}
