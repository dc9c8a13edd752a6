import { ShapeError, UsageError } from "../../kernels/errors.ts";
import { askAhead } from "./ask_ahead.ts";
import { checksumKey, FileChecksum, unknownChecksum } from "./checksum.ts";
import { writeAtomically } from "./files.ts";
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

const alignment = 8;

/** A tensor whose values are made while it is written, for what is too large to hold twice. */
export interface StreamedTensor {
  /** Type of its elements. */
  readonly dtype: SafetensorsType;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** The bytes of its elements, row-major, in pieces of any length. */
  pieces(): AsyncIterable<Uint8Array>;
}

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
  yield* askAhead(sorted.map(([name, tensor]) => ({
    name,
    size: byteCount(tensor.dtype, tensor.shape),
    pieces: "data" in tensor ? () => onePiece(tensor.data) : tensor.pieces.bind(tensor),
  })));
}

async function* onePiece(data: SafetensorsData): AsyncGenerator<Uint8Array> {
  yield bytesOf(data);
}

function bytesOf(data: SafetensorsData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
