import { Philox } from "../../kernels/philox.ts";
import { symmetricEigenpairs } from "./eigen.ts";
import { dot, type Matrix, rowOf, zeros } from "./matrix.ts";

/** A row with few numbers other than 0. */
export interface SparseRow {
  /** Columns of those numbers. */
  readonly columns: Uint32Array;
  /** The numbers. */
  readonly values: Float64Array;
}

/** Vectors that are iterated beside those that are wanted: the last ones converge slowly. */
const spare = 10;
const iterations = 5;
const startStream = 0x75bd;

/**
 * Leading right singular vectors of sparse rows. Those of few rows are exact; of more rows they are approximated by
 * subspace iteration from random vectors. The same input gives the same bits.
 *
 * @param columns dimensions of a row
 * @param count how many vectors
 * @returns vectors of length 1 as rows, [count, columns]; those that the rows do not have are 0
 * @see Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), algorithm 4.4
 */
export function rightSingularVectors(rows: readonly SparseRow[], columns: number, count: number): Matrix<Float64Array> {
  if (rows.length === 0) return zeros(count, columns);
  const width = Math.min(count + spare, columns);
  if (rows.length <= width) return vectorsOfFew(rows, columns, count);
  const random = new Philox(1, startStream);
  let basis: Matrix<Float64Array> = { data: new Float64Array(columns * width), rows: width, columns };
  for (let i = 0; i < basis.data.length; i++) basis.data[i] = random.normal();
  for (let i = 0; i < iterations; i++) {
    orthonormalize(basis);
    basis = gramProduct(rows, basis);
  }
  orthonormalize(basis);
  // Rayleigh and Ritz: the best directions within what the basis spans.
  const image = gramProduct(rows, basis), inner = zeros(width, width), found = zeros(count, columns);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) inner.data[i * width + j] = dot(rowOf(basis, i), rowOf(image, j));
  }
  leadingVectors(inner, count).forEach((shares, i) => {
    const into = rowOf(found, i);
    shares.forEach((share, k) => rowOf(basis, k).forEach((value, at) => into[at]! += share * value));
  });
  return found;
}

/** The same by the eigenvectors u of X Xᵀ, which is small where there are few rows: Xᵀ u, scaled to length 1. */
function vectorsOfFew(rows: readonly SparseRow[], columns: number, count: number): Matrix<Float64Array> {
  const size = rows.length, gram = zeros(size, size), found = zeros(count, columns), dense = new Float64Array(columns);
  rows.forEach((row, i) => {
    row.columns.forEach((column, k) => dense[column] = row.values[k]!);
    for (let j = 0; j <= i; j++) {
      const other = rows[j]!;
      let sum = 0;
      for (let k = 0; k < other.columns.length; k++) sum += other.values[k]! * dense[other.columns[k]!]!;
      gram.data[i * size + j] = gram.data[j * size + i] = sum;
    }
    row.columns.forEach((column) => dense[column] = 0);
  });
  leadingVectors(gram, count).forEach((shares, i) => {
    const into = rowOf(found, i);
    shares.forEach((share, r) => rows[r]!.columns.forEach((column, k) => into[column]! += share * rows[r]!.values[k]!));
    const length = Math.sqrt(dot(into, into));
    into.forEach((value, at) => into[at] = value / length);
  });
  return found;
}

/** Eigenvectors of a positive semidefinite matrix, the greatest first, without those whose eigenvalue is about 0. */
function leadingVectors(matrix: Matrix<Float64Array>, count: number): Float64Array[] {
  const { values, vectors } = symmetricEigenpairs(matrix), most = Math.min(count, matrix.rows);
  const found: Float64Array[] = [];
  for (let i = 0; i < most && values[i]! > 1e-9 * values[0]!; i++) found.push(rowOf(vectors, i));
  return found;
}

/** B Xᵀ X. */
function gramProduct(rows: readonly SparseRow[], { data, rows: width, columns }: Matrix<Float64Array>) {
  // Columns side by side, so that a number of a row meets all vectors at once.
  const across = transposed(data, width, columns), product = new Float64Array(across.length);
  const along = new Float64Array(width);
  for (const row of rows) {
    along.fill(0);
    row.columns.forEach((column, i) => {
      const value = row.values[i]!, at = column * width;
      for (let k = 0; k < width; k++) along[k]! += value * across[at + k]!;
    });
    row.columns.forEach((column, i) => {
      const value = row.values[i]!, at = column * width;
      for (let k = 0; k < width; k++) product[at + k]! += value * along[k]!;
    });
  }
  return { data: transposed(product, columns, width), rows: width, columns };
}

function transposed(data: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return turned;
}

/** Makes rows orthonormal by the modified method of Gram and Schmidt; rows within the span of others become 0. */
function orthonormalize(basis: Matrix<Float64Array>): void {
  for (let i = 0; i < basis.rows; i++) {
    const row = rowOf(basis, i), before = Math.sqrt(dot(row, row));
    for (let j = 0; j < i; j++) {
      const other = rowOf(basis, j), share = dot(row, other);
      for (let k = 0; k < row.length; k++) row[k]! -= share * other[k]!;
    }
    const length = Math.sqrt(dot(row, row));
    const scale = length > 1e-10 * before ? 1 / length : 0;
    for (let k = 0; k < row.length; k++) row[k]! *= scale;
  }
}
