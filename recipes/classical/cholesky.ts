import { MetrogradError } from "../../kernels/errors.ts";

/** Rows that are worked on together, so that they stay in the cache. */
const block = 48;

/**
 * Lower triangular factor L of a symmetric positive definite matrix A = L Lᵀ, in place and in float64.
 *
 * @param a row-major, [size, size]; only the lower triangle is read, and becomes L
 * @throws MetrogradError when the matrix is not positive definite
 * @see Golub and Van Loan, "Matrix Computations" (2013), section 4.2
 */
export function cholesky(a: Float64Array, size: number): void {
  for (let from = 0; from < size; from += block) {
    const to = Math.min(from + block, size);
    for (let i = from; i < size; i++) {
      const row = i * size;
      for (let j = from; j < Math.min(i + 1, to); j++) {
        let sum = a[row + j]!;
        const other = j * size;
        for (let k = from; k < j; k++) sum -= a[row + k]! * a[other + k]!;
        if (j < i) a[row + j] = sum / a[other + j]!;
        else if (sum > 0) a[row + i] = Math.sqrt(sum);
        else throw new MetrogradError(`Row ${i} of a ${size} x ${size} matrix makes it not positive definite.`);
      }
    }
    // What is left of the lower triangle loses the products of the columns that are done, four rows at a time.
    for (let j = to; j < size; j++) {
      const other = j * size;
      let i = j;
      for (; i + 3 < size; i += 4) {
        const r0 = i * size, r1 = r0 + size, r2 = r1 + size, r3 = r2 + size;
        let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (let k = from; k < to; k++) {
          const value = a[other + k]!;
          s0 += a[r0 + k]! * value;
          s1 += a[r1 + k]! * value;
          s2 += a[r2 + k]! * value;
          s3 += a[r3 + k]! * value;
        }
        a[r0 + j]! -= s0;
        a[r1 + j]! -= s1;
        a[r2 + j]! -= s2;
        a[r3 + j]! -= s3;
      }
      for (; i < size; i++) {
        let sum = 0;
        for (let k = from; k < to; k++) sum += a[i * size + k]! * a[other + k]!;
        a[i * size + j]! -= sum;
      }
    }
  }
}

/** Solves L Lᵀ x = b in place. */
export function choleskySolve(factor: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * b[k]!;
    b[i] = sum / factor[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = b[i]! / factor[i * size + i]!;
    b[i] = value;
    for (let k = 0; k < i; k++) b[k]! -= factor[i * size + k]! * value;
  }
}

/** L⁻¹, which is lower triangular too; row-major, [size, size]. */
export function triangularInverse(factor: Float64Array, size: number): Float64Array {
  // Row i of X by L X = 1.
  const x = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = x.subarray(i * size, i * size + i + 1);
    for (let k = 0; k < i; k++) {
      const value = factor[i * size + k]!;
      const other = x.subarray(k * size, k * size + k + 1);
      for (let j = 0; j <= k; j++) row[j]! -= value * other[j]!;
    }
    const pivot = factor[i * size + i]!;
    row[i] = 1;
    for (let j = 0; j <= i; j++) row[j]! /= pivot;
  }
  return x;
}

/** (L Lᵀ)⁻¹, its lower triangle; row-major, [size, size]. */
export function choleskyInverse(factor: Float64Array, size: number): Float64Array {
  // With X = L⁻¹ it is Xᵀ X.
  const x = triangularInverse(factor, size);
  const inverse = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const row = x.subarray(k * size, k * size + k + 1);
    for (let i = 0; i <= k; i++) {
      const value = row[i]!;
      const into = inverse.subarray(i * size, i * size + i + 1);
      for (let j = 0; j <= i; j++) into[j]! += value * row[j]!;
    }
  }
  return inverse;
}
