import { DataError, ShapeError, UsageError } from "../../kernels/errors.ts";
import { checksumKey, FileChecksum, unknownChecksum } from "./checksum.ts";
import { describeValue } from "./describe_value.ts";
import { foreignKind, knownForm, safetensorsForm as ownForm } from "./file_kind.ts";
import { floatsOfHalves } from "./half_floats.ts";
import { readFileOrExplain, writeAtomically } from "./files.ts";
import { repeatedKey } from "./repeated_key.ts";

/** The array that holds the values of each element type; F16 and BF16 stand as their bits. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Element types by the format's names. */
export type SafetensorsType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Values of one tensor, row-major. */
export type SafetensorsData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** A tensor as it stands in a file. */
export interface SafetensorsTensor {
  /** Type of its elements. */
  readonly dtype: SafetensorsType;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Elements, row-major, in an array of the type. */
  readonly data: SafetensorsData;
}

/** A tensor whose values are made while it is written, for what is too large to hold twice. */
export interface StreamedTensor {
  /** Type of its elements. */
  readonly dtype: SafetensorsType;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** The bytes of its elements, row-major, in pieces of any length. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** Tensors by name. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Whatever text the writer added. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The key of the header that is no tensor's. */
const metadataKey = "__metadata__";
const alignment = 8;
/** The longest header that the format allows. */
const longestHeader = 100_000_000;

/**
 * The bytes of a safetensors file, as PyTorch's `safetensors` writes them: tensors with large elements first, then by
 * name, so that the same tensors always give the same bytes.
 *
 * @throws ShapeError when a tensor's values are not as many as its shape says, or not of its type
 * @throws UsageError when a tensor has a name that no reader would take
 * @see https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const { header, sorted, dataLength } = layOut(tensors, metadata);
  const bytes = new Uint8Array(header.length + dataLength);
  bytes.set(header);
  let at = header.length;
  for (const [, { data }] of sorted) {
    bytes.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Writes a safetensors file atomically, without a second copy of the tensors in memory. Throws as `encodeSafetensors`. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor | StreamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const { header, sorted } = layOut(tensors, metadata);
  await writeAtomically(path, filePieces(header, sorted));
}

/** The bytes that `writeSafetensors` would write. Throws as `encodeSafetensors`. */
export async function gatherSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor | StreamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { header, sorted, dataLength } = layOut(tensors, metadata);
  const bytes = new Uint8Array(header.length + dataLength);
  let at = 0;
  for await (const piece of filePieces(header, sorted)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Writes a safetensors file whose metadata hold a checksum, which `SafetensorsReader.verify` compares, and keeps the file
 * that it replaces.
 *
 * @param keepAs path of the file that is replaced, from then on
 */
export async function writeCheckedSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafetensorsTensor | StreamedTensor>,
  metadata: Readonly<Record<string, string>>,
  keepAs: string,
): Promise<void> {
  const { header, sorted } = layOut(tensors, { ...metadata, [checksumKey]: unknownChecksum });
  const checksum = new FileChecksum(header);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let first = true;
    for await (const piece of filePieces(header, sorted)) {
      if (!first) checksum.update(piece);
      first = false;
      yield piece;
    }
  }
  const amend = () => ({ at: checksum.at, bytes: new TextEncoder().encode(checksum.digest()) });
  await writeAtomically(path, pieces(), { keepAs, amend });
}

/**
 * Reads a safetensors file.
 *
 * @param what names the file for the message when it is missing: "the weights of a run"
 * @throws DataError naming the file when it is missing, damaged or not of this format
 */
export async function readSafetensors(path: string, what = "a safetensors file"): Promise<SafetensorsFile> {
  return decodeSafetensors(await readFileOrExplain(path, what), path);
}

/**
 * Reads the bytes of a safetensors file. The tensors are views of `bytes` where its alignment allows it.
 *
 * @param name the file's name, for messages
 * @throws DataError when header, types, shapes and offsets do not fit together or do not cover the file exactly
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, name);
  const { entries, metadata } = readEntries(header, bytes.length - dataStart, name);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { tensor, dtype, shape, begin, end } of entries) {
    tensors.set(tensor, { dtype, shape, data: view(bytes.subarray(dataStart + begin, dataStart + end), dtype) });
  }
  return { tensors, metadata };
}

/** Checks all that a header says of the data behind it; the tensors in the order of the file. */
export function readEntries(
  header: Record<string, unknown>,
  dataLength: number,
  name: string,
): { entries: readonly Entry[]; metadata: Record<string, string> } {
  const { [metadataKey]: written, ...entries } = header, metadata = written ?? {};
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new DataError(`${name} is damaged: its __metadata__ is no object of strings.`);
  }
  const found = Object.entries(entries).map(([tensor, entry]) =>
    readEntry(entry, `${name}, tensor ${describeValue(tensor)}`, tensor)
  );
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { tensor, begin, end } of found) {
    if (begin !== covered) {
      const problem = begin < covered ? "overlaps the tensor before it" : "leaves a gap after the tensor before it";
      throw new DataError(
        `${name}, tensor ${describeValue(tensor)} ${problem}: it begins at ${begin}, and ${covered} is expected.`,
      );
    }
    covered = end;
  }
  if (covered !== dataLength) {
    const problem = covered > dataLength ? "is truncated" : "has bytes left over";
    throw new DataError(`${name} ${problem}: its tensors take ${covered} bytes, but ${dataLength} follow the header.`);
  }
  return { entries: found, metadata: metadata as Record<string, string> };
}

/** The values of a tensor of any type as float32; F32 is returned as it is. */
export function tensorToFloat32({ dtype, data }: SafetensorsTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (dtype === "BF16") {
    const bits = new Uint32Array(data);
    for (let i = 0; i < bits.length; i++) bits[i]! <<= 16;
    return new Float32Array(bits.buffer);
  }
  return dtype === "F16" ? floatsOfHalves(data as Uint16Array<ArrayBuffer>) : new Float32Array(data);
}

function byteCount(dtype: SafetensorsType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, arrays[dtype].BYTES_PER_ELEMENT);
}

/** The header, and the tensors in the order of the file. */
function layOut<Tensor extends SafetensorsTensor | StreamedTensor>(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): { header: Uint8Array; sorted: [string, Tensor][]; dataLength: number } {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) =>
    arrays[b.dtype].BYTES_PER_ELEMENT - arrays[a.dtype].BYTES_PER_ELEMENT || (nameA < nameB ? -1 : 1)
  );
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (typeof value === "string" && (key + value).isWellFormed()) continue;
    throw new UsageError(`The metadata ${JSON.stringify(key)} is no valid Unicode text, which safetensors files need.`);
  }
  const entries: [string, unknown][] = metadata ? [[metadataKey, metadata]] : [];
  let end = 0;
  for (const [name, tensor] of sorted) {
    if (name === metadataKey) {
      throw new UsageError(`A tensor is named "${name}", which safetensors files keep for their metadata; rename it.`);
    }
    if (!name.isWellFormed()) {
      throw new UsageError(`A tensor's name, ${JSON.stringify(name)}, is not valid Unicode; rename it.`);
    }
    const { dtype, shape } = tensor, length = byteCount(dtype, shape);
    if (!isSizes(shape)) throw new ShapeError(`${name} has the shape [${shape.join(", ")}]; counts are expected.`);
    if ("data" in tensor && (!(tensor.data instanceof arrays[dtype]) || tensor.data.byteLength !== length)) {
      const found = `${tensor.data.length} values in a ${tensor.data.constructor.name}`;
      throw new ShapeError(`${name}: ${found} are no ${dtype} tensor of shape [${shape.join(", ")}].`);
    }
    entries.push([name, { dtype, shape, data_offsets: [end, end += length] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + Math.ceil(json.length / alignment) * alignment).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  if (header.length - 8 > longestHeader) {
    throw new UsageError(
      `The header of the tensors takes ${header.length - 8} bytes; safetensors allows ${longestHeader}.`,
    );
  }
  return { header, sorted, dataLength: end };
}

async function* filePieces(
  header: Uint8Array,
  sorted: readonly [string, SafetensorsTensor | StreamedTensor][],
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const [name, tensor] of sorted) {
    if ("data" in tensor) {
      yield bytesOf(tensor.data);
      continue;
    }
    let length = 0;
    for await (const piece of tensor.pieces()) {
      yield piece;
      length += piece.length;
    }
    const expected = byteCount(tensor.dtype, tensor.shape);
    if (length !== expected) throw new ShapeError(`${name}: ${expected} bytes are expected, but ${length} came.`);
  }
}

function bytesOf(data: SafetensorsData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Reads the header at the beginning of a file's bytes.
 *
 * @param bytes at least the header; all of the file when it is shorter
 */
export function readHeader(
  bytes: Uint8Array,
  name: string,
  fileLength: number = bytes.length,
): { header: Record<string, unknown>; dataStart: number } {
  const kind = foreignKind(bytes)?.name ?? knownForm(bytes);
  const notOne = (why: string) =>
    new DataError(`${name} is not a safetensors file: ${kind === null || kind === ownForm ? why : `it is ${kind}`}.`);
  if (bytes.length < 8) throw notOne(`it has ${bytes.length} bytes, and at least 8 are expected`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > longestHeader) throw notOne("its first 8 bytes are not the length of a header");
  if (bytes[8] !== 0x7b) throw notOne("its header does not begin with {");
  if (8 + length > fileLength) {
    throw new DataError(`${name} is truncated: its header has ${length} bytes, but ${fileLength - 8} are there.`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    const header: unknown = JSON.parse(text);
    const twice = repeatedKey(text);
    if (twice) throw new DataError(`${name} is damaged: its header has ${describeValue(twice.key)} twice.`);
    if (isObject(header)) return { header, dataStart: 8 + length };
  } catch (error) {
    if (error instanceof DataError) throw error;
    // Reported below, as a header of another kind is.
  }
  throw notOne("its header is no JSON object");
}

/** Where a tensor stands in a file, in bytes behind the header. */
export interface Entry {
  readonly tensor: string;
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(entry: unknown, place: string, tensor: string): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof dtype !== "string" || !Object.hasOwn(arrays, dtype)) {
    throw new DataError(
      `${place}: dtype is ${describeValue(dtype)}; one of ${Object.keys(arrays).join(", ")} is expected.`,
    );
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new DataError(`${place} is damaged: shape and data_offsets are expected to be lists of integers.`);
  }
  const [begin = 0, end = 0] = offsets;
  const expected = byteCount(dtype as SafetensorsType, shape);
  if (end - begin !== expected) {
    const size = `${dtype} of shape [${shape.join(", ")}] takes ${expected} bytes`;
    throw new DataError(`${place} is damaged: ${size}, but its offsets ${begin} to ${end} hold ${end - begin}.`);
  }
  return { tensor, dtype: dtype as SafetensorsType, shape, begin, end };
}

/** A view where the values stand at a multiple of their size, else a copy. */
export function view(bytes: Uint8Array, dtype: SafetensorsType): SafetensorsData {
  const array = arrays[dtype], size = array.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new array(buffer as ArrayBuffer, byteOffset, byteLength / size);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
