import { DataError } from "../../kernels/errors.ts";
import { describeValue } from "./describe_value.ts";
import { foreignKind, knownForm, safetensorsForm as ownForm } from "./file_kind.ts";
import { readFileOrExplain } from "./files.ts";
import { repeatedKey } from "./repeated_key.ts";
import {
  arrays,
  byteCount,
  isSizes,
  longestHeader,
  metadataKey,
  type SafetensorsData,
  type SafetensorsTensor,
  type SafetensorsType,
} from "./safetensors_format.ts";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** Tensors by name. */
  readonly tensors: Map<string, SafetensorsTensor>;
  /** Whatever text the writer added. */
  readonly metadata: Readonly<Record<string, string>>;
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
