import { MetrogradError } from "../../kernels/errors.ts";
import { addPanelProducts, panelsOf, setInPanels } from "./panels.ts";

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
    for (let i = from; i < size; i++) factorRow(a, size, i, from, to);
    // What is left of the lower triangle loses the products of the columns that are done.
    const rows = panelsOf(size - to, to - from);
    for (let i = to; i < size; i++) setInPanels(rows, i - to, a, i * size + from, 1);
    addPanelProducts(a, size, to, rows, -1);
  }
}

/** Factors columns from..to of a row. */
function factorRow(a: Float64Array, size: number, i: number, from: number, to: number): void {
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

/**
 * Solves L Lᵀ x = b in place for several b, [count, size]; the same bits as `choleskySolve`. Four at a time, so that the factor
 * is read less often.
 */
export function choleskySolveRows(factor: Float64Array, size: number, rows: readonly Float64Array[]): void {
  const four = new Float64Array(4 * size);
  for (let from = 0; from < rows.length; from += 4) {
    const some = rows.slice(from, from + 4);
    if (some.length < 4) {
      for (const one of some) choleskySolve(factor, size, one);
      continue;
    }
    some.forEach((row, r) => row.forEach((value, i) => four[4 * i + r] = value));
    solveFour(factor, size, four);
    some.forEach((row, r) => row.forEach((_, i) => row[i] = four[4 * i + r]!));
  }
}

/** Solves for four b side by side, [size, 4]. */
function solveFour(factor: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < size; i++) {
    const row = i * size, at = 4 * i;
    let s0 = b[at]!, s1 = b[at + 1]!, s2 = b[at + 2]!, s3 = b[at + 3]!;
    for (let k = 0; k < i; k++) {
      const value = factor[row + k]!;
      s0 -= value * b[4 * k]!;
      s1 -= value * b[4 * k + 1]!;
      s2 -= value * b[4 * k + 2]!;
      s3 -= value * b[4 * k + 3]!;
    }
    const pivot = factor[row + i]!;
    b[at] = s0 / pivot;
    b[at + 1] = s1 / pivot;
    b[at + 2] = s2 / pivot;
    b[at + 3] = s3 / pivot;
  }
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size, at = 4 * i, pivot = factor[row + i]!;
    const v0 = b[at]! / pivot, v1 = b[at + 1]! / pivot, v2 = b[at + 2]! / pivot, v3 = b[at + 3]! / pivot;
    b[at] = v0;
    b[at + 1] = v1;
    b[at + 2] = v2;
    b[at + 3] = v3;
    for (let k = 0; k < i; k++) {
      const value = factor[row + k]!;
      b[4 * k]! -= value * v0;
      b[4 * k + 1]! -= value * v1;
      b[4 * k + 2]! -= value * v2;
      b[4 * k + 3]! -= value * v3;
    }
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
