import { DataError } from "../../../kernels/errors.ts";
import type { ByteSource } from "../byte_source.ts";
import type { FileTensor } from "../safetensors_reader.ts";
import { view } from "../read_safetensors.ts";
import { type SafetensorsType, tensorToFloat32 } from "../safetensors_format.ts";
import { type Pickled, PickledTensor, readPickle } from "./pickle.ts";
import { readZipEntries, type ZipEntry } from "./zip.ts";

/** Types of storages, and the bytes of an element. */
const types: Readonly<Record<string, readonly [SafetensorsType, number]>> = {
  FloatStorage: ["F32", 4],
  DoubleStorage: ["F64", 8],
  HalfStorage: ["F16", 2],
  BFloat16Storage: ["BF16", 2],
  LongStorage: ["I64", 8],
  IntStorage: ["I32", 4],
  ShortStorage: ["I16", 2],
  CharStorage: ["I8", 1],
  ByteStorage: ["U8", 1],
  BoolStorage: ["BOOL", 1],
};

/** Where a checkpoint keeps the values of its model. */
const stateKeys = ["model_state_dict", "state_dict", "model"] as const;

/** The longest description of tensors that is read. */
const longestPickle = 1 << 28;

/**
 * The tensors of a file that `torch.save` wrote since PyTorch 1.6 (.pth, .pt): of a bare state dict, or of a checkpoint
 * that has one under `model_state_dict`, `state_dict` or `model`. Its pickle is read without executing anything; tensors
 * may share a storage and be views of it.
 *
 * @throws DataError when the file is damaged, holds anything but tensors, numbers, texts, lists and dictionaries, or has no
 *   state dict
 */
export function readPyTorchTensors(source: ByteSource): Map<string, FileTensor> {
  const { path } = source, entries = readZipEntries(source);
  const pickle = [...entries].find(([name]) => name === "data.pkl" || name.endsWith("/data.pkl"));
  if (!pickle || pickle[1].size > longestPickle) {
    throw new DataError(`${path} is a ZIP archive, but none of PyTorch: it has no data.pkl.`);
  }
  const root = pickle[0].slice(0, -"data.pkl".length);
  const bytesOf = ({ at, size }: ZipEntry) => source.readAt(at, size);
  const order = entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(bytesOf(order)) !== "little") {
    throw new DataError(`${path} was written on a machine of the other byte order; save it again on a usual one.`);
  }
  const state = stateOf(readPickle(bytesOf(pickle[1]), path), path);
  return new Map([...state].map(([name, tensor]) => [name, tensorOf(name, tensor, entries, root, source)]));
}

/** The state dict that a file holds. */
function stateOf(content: Pickled, path: string): Map<string, PickledTensor> {
  const found = asState(content);
  if (found) return found;
  if (content instanceof Map) {
    for (const key of stateKeys) {
      const below = asState(content.get(key) ?? null);
      if (below) return below;
    }
  }
  const keys = content instanceof Map ? [...content.keys()].slice(0, 8).map(String).join(", ") : "no dictionary";
  throw new DataError(
    `${path} holds ${keys}; a state dict, or one under ${stateKeys.join(" or ")}, is expected.`,
  );
}

function asState(content: Pickled): Map<string, PickledTensor> | null {
  if (!(content instanceof Map) || content.size === 0) return null;
  const entries = [...content];
  if (!entries.every(([name, value]) => typeof name === "string" && value instanceof PickledTensor)) return null;
  let state = entries as [string, PickledTensor][];
  for (let wrapper; (wrapper = wrappers.find((one) => state.every(([name]) => name.startsWith(one))));) {
    const { length } = wrapper;
    state = state.map(([name, tensor]) => [name.slice(length), tensor]);
  }
  return new Map(state);
}

/** What torch.nn.DataParallel and torch.compile put before all names of a model. */
const wrappers = ["module.", "_orig_mod."];

function tensorOf(
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  entries: ReadonlyMap<string, ZipEntry>,
  root: string,
  source: ByteSource,
): FileTensor {
  const wrong = (what: string) => new DataError(`${source.path}: ${name} ${what}.`);
  const type = types[storage.kind], entry = entries.get(`${root}data/${storage.key}`);
  if (!type || !entry) throw wrong(`names the storage ${storage.key}, which is missing`);
  const [dtype, each] = type, count = shape.reduce((product, size) => product * size, 1);
  if (entry.size !== storage.count * each) {
    throw wrong(`has ${storage.count} elements of ${each} bytes, but its storage ${entry.size} bytes`);
  }
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  if (count > 0 && last >= storage.count) throw wrong("reaches beyond its storage");
  const values = (from: number, length: number) =>
    tensorToFloat32({
      dtype,
      shape: [length],
      data: view(source.readAt(entry.at + from * each, length * each), dtype),
    }) as Float32Array<ArrayBuffer>;
  if (isContiguous(shape, strides)) {
    // deno-lint-ignore require-await -- what goes wrong is a rejection
    return { dtype, shape, read: async (from, length) => values(offset + from, length) };
  }
  const read = (from: number, length: number) => {
    const all = values(0, storage.count), picked = new Float32Array(length);
    for (let i = 0; i < length; i++) picked[i] = all[placeOf(from + i, shape, strides, offset)]!;
    return Promise.resolve(picked);
  };
  return { dtype, shape, read };
}

/** True for elements that lie one after the other; strides of axes of one element say nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Place in the storage of an element, counted in row-major order. */
function placeOf(index: number, shape: readonly number[], strides: readonly number[], offset: number): number {
  let rest = index, place = offset;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place += rest % shape[axis]! * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return place;
}
