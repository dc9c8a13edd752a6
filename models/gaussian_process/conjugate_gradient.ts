/**
 * Solves (K + diag) x = b for a symmetric positive definite K by conjugate gradients with Jacobi scaling, in float64.
 *
 * @param k row-major, [size, size]
 * @param diagonal added to K's
 * @param tolerance of |b - (K + diag) x| / |b|
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 11.5
 */
export function conjugateGradient(
  k: Float32Array,
  diagonal: Float64Array,
  b: Float64Array,
  { tolerance = 1e-6, iterations = 1000 } = {},
): Float64Array {
  const size = b.length;
  const multiply = (x: Float64Array, into: Float64Array) => {
    for (let i = 0; i < size; i++) {
      const row = k.subarray(i * size, (i + 1) * size);
      let s0 = 0, s1 = 0, j = 0;
      for (; j + 1 < size; j += 2) {
        s0 += row[j]! * x[j]!;
        s1 += row[j + 1]! * x[j + 1]!;
      }
      if (j < size) s0 += row[j]! * x[j]!;
      into[i] = s0 + s1 + diagonal[i]! * x[i]!;
    }
  };
  const scale = diagonal.map((value, i) => 1 / (value + k[i * size + i]!));
  const dot = (u: Float64Array, v: Float64Array) => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  const x = new Float64Array(size), residual = b.slice(), product = new Float64Array(size);
  const direction = residual.map((value, i) => value * scale[i]!);
  let energy = dot(residual, direction);
  const goal = tolerance * Math.sqrt(dot(b, b));
  for (let step = 0; step < iterations && Math.sqrt(dot(residual, residual)) > goal; step++) {
    multiply(direction, product);
    const length = energy / dot(direction, product);
    for (let i = 0; i < size; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * product[i]!;
    }
    const next = residual.reduce((sum, value, i) => sum + value * value * scale[i]!, 0);
    const keep = next / energy;
    energy = next;
    for (let i = 0; i < size; i++) direction[i] = residual[i]! * scale[i]! + keep * direction[i]!;
  }
  return x;
}
