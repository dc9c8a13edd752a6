import { ShapeError } from "../../kernels/errors.ts";

/** Numbers of either precision. */
export type Numbers = Float32Array | Float64Array;

/** Numbers in rows on the host. */
export interface Matrix<Data extends Numbers = Numbers> {
  /** Row-major, [rows, columns]. */
  readonly data: Data;
  /** How many rows. */
  readonly rows: number;
  /** Dimensions of a row. */
  readonly columns: number;
}

/** A matrix of zeros in float64. */
export function zeros(rows: number, columns: number): Matrix<Float64Array> {
  return { data: new Float64Array(rows * columns), rows, columns };
}

/** A row of a matrix, without copying it. */
export function rowOf<Data extends Numbers>({ data, columns }: Matrix<Data>, row: number): Data {
  return data.subarray(row * columns, (row + 1) * columns) as Data;
}

/** Numbers as a matrix of so many rows in float64. */
export function doubles(numbers: Numbers, rows: number): Matrix<Float64Array> {
  return { data: Float64Array.from(numbers), rows, columns: numbers.length / rows };
}

/** Some rows of a matrix, copied, in float32. */
export function pickedRows(x: Matrix, chosen: ArrayLike<number>): Matrix<Float32Array> {
  const data = new Float32Array(chosen.length * x.columns);
  for (let i = 0; i < chosen.length; i++) data.set(rowOf(x, chosen[i]!), i * x.columns);
  return { data, rows: chosen.length, columns: x.columns };
}

/** @throws ShapeError when a matrix has another number of columns, or its numbers are not as many as it says */
export function expectColumns(what: string, { data, rows, columns }: Matrix, expected: number): void {
  if (columns !== expected || data.length !== rows * columns) {
    throw new ShapeError(
      `${what} holds ${data.length} numbers in ${rows} rows of ${columns}; rows of ${expected} are expected.`,
    );
  }
}

/** Σ aᵢ bᵢ of two rows; four sums, none of which waits for another. */
export function dot(a: Numbers, b: Numbers): number {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/** X v: the product of each of the first rows with a vector. → [count] */
export function timesVector(x: Matrix<Float64Array>, v: Float64Array, count = x.rows): Float64Array {
  const { data, columns } = x, product = new Float64Array(count);
  let i = 0;
  for (; i + 3 < count; i += 4) {
    const r0 = i * columns, r1 = r0 + columns, r2 = r1 + columns, r3 = r2 + columns;
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let j = 0; j < columns; j++) {
      const value = v[j]!;
      s0 += data[r0 + j]! * value;
      s1 += data[r1 + j]! * value;
      s2 += data[r2 + j]! * value;
      s3 += data[r3 + j]! * value;
    }
    product[i] = s0;
    product[i + 1] = s1;
    product[i + 2] = s2;
    product[i + 3] = s3;
  }
  for (; i < count; i++) product[i] = dot(rowOf(x, i), v);
  return product;
}

/** Adds factor · Xᵀ u: as many of the first rows as `u` has numbers, each times one of them. */
export function addRows(into: Float64Array, x: Matrix<Float64Array>, u: Float64Array, factor = 1): void {
  const { data, columns } = x;
  let i = 0;
  for (; i + 3 < u.length; i += 4) {
    const r0 = i * columns, r1 = r0 + columns, r2 = r1 + columns, r3 = r2 + columns;
    const u0 = factor * u[i]!, u1 = factor * u[i + 1]!, u2 = factor * u[i + 2]!, u3 = factor * u[i + 3]!;
    for (let j = 0; j < columns; j++) {
      into[j]! += u0 * data[r0 + j]! + u1 * data[r1 + j]! + (u2 * data[r2 + j]! + u3 * data[r3 + j]!);
    }
  }
  for (; i < u.length; i++) {
    const one = factor * u[i]!, from = i * columns;
    for (let j = 0; j < columns; j++) into[j]! += one * data[from + j]!;
  }
}

/** A Bᵀ: the products of every row of one matrix with every row of another. → [a.rows, b.rows] */
export function rowProducts(a: Matrix, b: Matrix): Matrix<Float64Array> {
  expectColumns("The second factor", b, a.columns);
  const product = zeros(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    for (let j = 0; j < b.rows; j++) product.data[i * b.rows + j] = dot(row, rowOf(b, j));
  }
  return product;
}

/** Adds a multiple of a row to another. */
export function addScaled(into: Float64Array, factor: number, row: Numbers): void {
  for (let j = 0; j < row.length; j++) into[j]! += factor * row[j]!;
}

/** Means of the columns, each row counted by its weight. */
export function columnMeans(x: Matrix, weight?: Numbers): Float64Array {
  const means = new Float64Array(x.columns);
  let total = 0;
  for (let i = 0; i < x.rows; i++) {
    const one = weight?.[i] ?? 1;
    if (one === 0) continue;
    total += one;
    addScaled(means, one, rowOf(x, i));
  }
  return means.map((sum) => sum / total);
}

/** The rows less one row, such as their mean, in float64. */
export function centered(x: Matrix, center: Numbers): Matrix<Float64Array> {
  const { rows, columns } = x, found = { data: Float64Array.from(x.data), rows, columns };
  for (let i = 0; i < rows; i++) addScaled(rowOf(found, i), -1, center);
  return found;
}

/** Squared Euclidean distances of every row of one matrix to every row of another. → [a.rows, b.rows] */
export function squaredDistances(a: Matrix, b: Matrix): Matrix<Float64Array> {
  expectColumns("The other rows", b, a.columns);
  const distances = zeros(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    for (let j = 0; j < b.rows; j++) {
      const other = rowOf(b, j);
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += (row[k]! - other[k]!) ** 2;
      distances.data[i * b.rows + j] = sum;
    }
  }
  return distances;
}
