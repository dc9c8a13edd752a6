import { dump } from "npyjs";
import { readFileOrExplain, writeAtomically } from "../../engine/files/files.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../note_taker.ts";
import { type NpyHeader, npyTypeName, readNpyHeader, shapeText } from "./npy_header.ts";

/** An array as it stands in a file, in row-major order. */
export interface NpyArray {
  /** Sizes along the axes. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: Float32Array;
}

/** What a matrix in a file has to be. */
export interface NpyMatrixOptions {
  /** Rows that are expected. */
  readonly rows?: number;
  /** Columns that are expected. */
  readonly columns?: number;
  /** Says what has that many rows, for the message: "metric_names.json names 20 metrics". */
  readonly rowsOf?: string;
  /** Told in a sentence of anything worth knowing about the file. */
  readonly onNote?: NoteTaker;
}

/** A matrix in row-major order, all of it finite. */
export interface NpyMatrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly columns: number;
  /** Elements, a row after the other. */
  readonly data: Float32Array;
}

/**
 * Reads numbers of any type and either byte order from an .npy file. What is not float32 in row-major order is converted
 * with a note.
 *
 * @throws DataError when the file is missing, damaged, cut, longer than its header says, or holds no numbers
 */
export async function readNpy(path: string, options: { readonly onNote?: NoteTaker } = {}): Promise<NpyArray> {
  const { onNote = () => {} } = options;
  const bytes = await readFileOrExplain(path, "an .npy file");
  const header = readNpyHeader(bytes, path), data = floatsOf(bytes, header, path);
  noteConversion(header, path, onNote);
  if (!header.fortranOrder || header.shape.length < 2) return { shape: header.shape, data };
  onNote(`${path} is in Fortran (column-major) order; it was converted to row-major order.`);
  return { shape: header.shape, data: toRowMajor(data, header.shape) };
}

/**
 * Reads a matrix of finite numbers.
 *
 * @throws DataError as `readNpy` does, and when rank, rows or columns are not those expected or a value is not finite
 */
export async function readNpyMatrix(path: string, options: NpyMatrixOptions = {}): Promise<NpyMatrix> {
  const { shape, data } = await readNpy(path, options);
  const { rows, columns } = matrixSize(shape, path, options);
  expectFinite(data, columns, path);
  return { rows, columns, data };
}

/** Rows and columns of a matrix. @throws DataError when the shape is that of none, or not the one expected */
export function matrixSize(
  shape: readonly number[],
  path: string,
  options: NpyMatrixOptions = {},
): { readonly rows: number; readonly columns: number } {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2) {
    throw new DataError(`${path} has shape (${shape.join(", ")}); two dimensions, rows and columns, are expected.`);
  }
  if (options.rows !== undefined && rows !== options.rows) {
    throw new DataError(`${path} has ${rows} rows, but ${options.rowsOf ?? `${options.rows} are expected`}.`);
  }
  if (columns === 0 || (options.columns !== undefined && columns !== options.columns)) {
    throw new DataError(
      `${path} has ${columns} columns; ${
        options.columns === undefined ? "at least one is" : `${options.columns} are`
      } expected.`,
    );
  }
  return { rows, columns };
}

/** @param first number of the first row that is there, from 0 @throws DataError naming a number that is not finite */
export function expectFinite(data: Float32Array, columns: number, path: string, first = 0): void {
  // A plain loop: a streamed training looks at all of its numbers in each epoch.
  let bad = 0;
  while (bad < data.length && Number.isFinite(data[bad])) bad++;
  if (bad === data.length) return;
  const place = `row ${first + Math.floor(bad / columns) + 1}, column ${bad % columns + 1}`;
  throw new DataError(`${path} has ${data[bad]} in ${place} (counted from 1); finite numbers are expected.`);
}

/** Says that elements were converted to float32, where they were. */
export function noteConversion({ descriptor }: NpyHeader, path: string, onNote: NoteTaker): void {
  if (descriptor === "<f4") return;
  const order = descriptor[0] === ">" ? "big-endian " : "";
  onNote(`${path} is ${order}${npyTypeName(descriptor)}; it was converted to float32.`);
}

/** The elements behind a header as float32, in the order of the file. @throws DataError for one beyond float32 */
export function floatsOf(bytes: Uint8Array<ArrayBuffer>, header: NpyHeader, path: string): Float32Array {
  return toFloat32(elementsOf(bytes, header), path);
}

/**
 * Writes an array in row-major order.
 *
 * @throws ShapeError when the shape does not hold as many values as there are
 */
export async function writeNpy(
  path: string,
  data: Float32Array | Int32Array | Uint8Array,
  shape: readonly number[],
): Promise<void> {
  const whole = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!whole || shape.reduce((product, size) => product * size, 1) !== data.length) {
    throw new ShapeError(`${path}: ${data.length} values do not fill ${shapeText(shape)}.`);
  }
  await writeAtomically(path, new Uint8Array(dump(data, [...shape])));
}

/** The array that holds the elements of each type. */
const arrays = {
  f2: Float16Array,
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
} as const;

/** The elements behind a header, as a view of the file where byte order and alignment allow it. */
function elementsOf(bytes: Uint8Array<ArrayBuffer>, { descriptor, dataOffset, itemSize }: NpyHeader) {
  const type = descriptor.slice(1) as keyof typeof arrays;
  const swapped = descriptor[0] === ">" && itemSize > 1;
  const aligned = (bytes.byteOffset + dataOffset) % itemSize === 0;
  const data = swapped || !aligned ? bytes.slice(dataOffset) : bytes.subarray(dataOffset);
  if (swapped) { for (let at = 0; at < data.length; at += itemSize) data.subarray(at, at + itemSize).reverse(); }
  const elements = new arrays[type](data.buffer, data.byteOffset, data.length / itemSize);
  return type === "b1" ? (elements as Uint8Array).map((value) => Number(value !== 0)) : elements;
}

function toFloat32(values: ArrayLike<number | bigint>, path: string): Float32Array {
  if (values instanceof Float32Array) return values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float32Array.from(values, Number);
  const converted = new Float32Array(values as ArrayLike<number>);
  // The other types hold no number beyond float32.
  if (!(values instanceof Float64Array)) return converted;
  const lost = converted.findIndex((value, i) => Math.abs(value) === Infinity && Number.isFinite(values[i]));
  if (lost < 0) return converted;
  throw new DataError(
    `${path} holds ${values[lost]}, as value ${lost + 1}, which is beyond float32; numbers up to 3.4e38 are expected.`,
  );
}

/** Reorders values whose first index runs fastest so that the last one does. */
function toRowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  const ordered = new Float32Array(values.length);
  for (let i = 0, offset = 0; i < values.length; i++) {
    ordered[i] = values[offset]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}
