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

/** Σ aᵢ bᵢ of two rows. */
export function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
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

/** Means of the columns, each row counted by its weight. */
export function columnMeans(x: Matrix, weight?: Numbers): Float64Array {
  const means = new Float64Array(x.columns);
  let total = 0;
  for (let i = 0; i < x.rows; i++) {
    const one = weight?.[i] ?? 1;
    if (one === 0) continue;
    total += one;
    rowOf(x, i).forEach((value, j) => means[j]! += one * value);
  }
  return means.map((sum) => sum / total);
}

/** The rows less one row, such as their mean, in float64. */
export function centered(x: Matrix, center: Numbers): Matrix<Float64Array> {
  const { rows, columns } = x;
  return { data: Float64Array.from(x.data, (value, at) => value - center[at % columns]!), rows, columns };
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
