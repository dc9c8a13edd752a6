import { foreignKind, knownForm } from "../../engine/files/file_kind.ts";
import { DataError } from "../../kernels/errors.ts";

/** What the header of an .npy file says, checked against the file. */
export interface NpyHeader {
  /** Byte order, kind and bytes of an element as NumPy writes them: "<f4". */
  readonly descriptor: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Bytes before the data. */
  readonly dataOffset: number;
  readonly itemSize: number;
}

const typeNames: ReadonlyMap<string, string> = new Map(Object.entries({
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
}));

/** NumPy's name of an element type: "float64" for "<f8". */
export function npyTypeName(descriptor: string): string {
  return typeNames.get(descriptor.slice(1)) ?? descriptor;
}

/**
 * Reads the header of an .npy file and checks format version, element type and shape, and that the data is exactly as long
 * as the header says.
 *
 * @param bytes the file, or as much of its beginning as holds the header
 * @param size bytes of the whole file
 * @throws DataError naming the file
 * @see NumPy enhancement proposal 1, "A simple file format for NumPy arrays"
 */
export function readNpyHeader(bytes: Uint8Array, name: string, size = bytes.length): NpyHeader {
  if (String.fromCharCode(...bytes.subarray(0, 6)) !== "\x93NUMPY") {
    if (bytes.length === 0) throw new DataError(`${name} is empty; an .npy file is expected.`);
    const form = foreignKind(bytes)?.name ?? knownForm(bytes);
    const found = form ? `it is ${form}` : "it does not begin with \\x93NUMPY";
    throw new DataError(`${name} is not an .npy file: ${found}.`);
  }
  const major = bytes[6] ?? 0;
  if (bytes.length >= 8 && (major < 1 || major > 3)) {
    throw new DataError(`${name} is .npy format version ${major}; 1, 2 and 3 can be read.`);
  }
  const lengthEnd = major === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataOffset = bytes.length < lengthEnd
    ? Infinity
    : lengthEnd + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataOffset > bytes.length) throw new DataError(`${name} is truncated: it ends inside its header.`);
  const { descriptor, fortranOrder, shape } = parseDictionary(
    new TextDecoder("latin1").decode(bytes.subarray(lengthEnd, dataOffset)),
    name,
  );
  const itemSize = Number(descriptor.slice(2));
  const expected = shape.reduce((product, size) => product * size, itemSize);
  const found = size - dataOffset;
  if (found !== expected) {
    const promise = `its header promises ${shapeText(shape)} ${npyTypeName(descriptor)} values (${expected} bytes)`;
    throw new DataError(
      `${name} ${found < expected ? "is truncated" : "has bytes left over"}: ${promise}, but ${found} bytes follow it.`,
    );
  }
  return { descriptor, fortranOrder, shape, dataOffset, itemSize };
}

/** A shape as people write it: "145 x 768". */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "a scalar of" : shape.join(" x ");
}

/** Python's space, which is less than JavaScript's. */
const space = "[ \\t\\n\\r\\f]*";
const value = String.raw`'[^']*'|"[^"]*"|True|False|\([^()]*\)`;
const entry = new RegExp(
  String.raw`${space}(['"])(descr|fortran_order|shape)\1${space}:${space}(${value})${space}(?:,${space}|$)`,
  "y",
);
const count = `(?:0|[1-9]\\d*)${space}`;
const tuple = new RegExp(String.raw`^\(${space}(?:${count},${space})*(?:${count})?\)$`);
const dictionary = new RegExp(String.raw`^${space}\{([^{}]*)\}${space}$`);

/** The three entries of a header, as Python writes a dictionary: each once, in any order, and no others. */
function entriesOf(text: string): Map<string, string> | null {
  const inside = dictionary.exec(text)?.[1];
  const found = new Map<string, string>();
  for (entry.lastIndex = 0; inside !== undefined && entry.lastIndex < inside.length;) {
    const [, , key, value] = entry.exec(inside) ?? [];
    if (key === undefined || found.has(key)) return null;
    found.set(key, value!);
  }
  return found.size === 3 ? found : null;
}

/** The sizes of a Python tuple, where "(3,)" is one and "(3)" is none; null when it is not one of counts. */
function sizesOf(text: string): number[] | null {
  if (!tuple.test(text) || /^[^,]*\d[^,]*$/.test(text)) return null;
  const sizes = (text.match(/\d+/g) ?? []).map(Number);
  return sizes.every(Number.isSafeInteger) ? sizes : null;
}

function parseDictionary(text: string, name: string) {
  if (/['"]descr['"]\s*:\s*\[/.test(text)) {
    throw new DataError(`${name} holds structured elements; numbers are expected, best float32.`);
  }
  const entries = entriesOf(text), order = entries?.get("fortran_order"), type = entries?.get("descr")?.slice(1, -1);
  const shape = sizesOf(entries?.get("shape") ?? "");
  if ((order !== "True" && order !== "False") || !shape || type === undefined) {
    throw new DataError(`${name} has a damaged header: descr, fortran_order and shape are expected.`);
  }
  if (!/^[<>|=]/.test(type) || !typeNames.has(type.slice(1)) || (type[0] === "|" && !type.endsWith("1"))) {
    const what = type.endsWith("O") ? "Python objects" : `elements of type ${type}`;
    throw new DataError(`${name} holds ${what}; numbers are expected, best float32.`);
  }
  return { descriptor: type, fortranOrder: order === "True", shape };
}
