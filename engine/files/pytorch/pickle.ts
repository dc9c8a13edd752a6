import { DataError } from "../../../kernels/errors.ts";

/** A tensor as a pickle describes it: part of a storage. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    /** Elements of the storage before the first. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** Elements of the storage from one to the next along each axis. */
    readonly strides: readonly number[],
  ) {}
}

/** A storage by its name in the archive. */
export class PickledStorage {
  constructor(
    /** "FloatStorage". */
    readonly kind: string,
    readonly key: string,
    readonly count: number,
  ) {}
}

/** What a pickle of tensors holds. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | PickledTensor
  | PickledStorage
  | Named
  | readonly Pickled[]
  | Map<Pickled, Pickled>;

/** A class or a function by its name; those that are known are carried out here, and no other is let in. */
class Named {
  constructor(readonly name: string) {}
}

const storages = /^torch\.(Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage$/;

/** NumPy's numbers and arrays, which stand beside the tensors of a checkpoint and are left out. */
const numpyNames = ["numpy._core.multiarray", "numpy.core.multiarray"]
  .flatMap((module) => [`${module}.scalar`, `${module}._reconstruct`]).concat(
    "numpy.dtype",
    "numpy.ndarray",
    "_codecs.encode",
  );

/** What stands for the call of a class or a function. */
const calls: Readonly<Record<string, (args: readonly Pickled[], fail: Fail) => Pickled>> = {
  "collections.OrderedDict": ([pairs = []]) =>
    new Map((pairs as readonly Pickled[]).map((pair) => pair as unknown as [Pickled, Pickled])),
  "torch.Size": ([sizes = []]) => sizes,
  "torch.device": ([name = null]) => name,
  ...Object.fromEntries(numpyNames.map((name) => [name, () => null])),
  "torch._utils._rebuild_parameter": ([tensor = null]) => tensor,
  "torch._utils._rebuild_tensor_v2": ([storage, offset, shape, strides], fail) => {
    const sizes = (value: Pickled | undefined): value is number[] =>
      Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
    const isWhole = storage instanceof PickledStorage && sizes([offset ?? null]) && sizes(shape) && sizes(strides) &&
      shape.length === strides.length;
    if (!isWhole) throw fail("a tensor is not described as PyTorch does it");
    return new PickledTensor(storage, offset as number, shape, strides);
  },
};

type Fail = (what: string) => DataError;

/**
 * Reads a pickle of tensors, numbers, texts, lists and dictionaries. Nothing is executed: opcodes and names are those of
 * PyTorch's state dicts, and all else is refused by its name.
 *
 * @param path what messages call the file
 * @throws DataError for any other opcode or name, or a pickle that is cut short
 * @see Python's pickletools.py, which describes every opcode
 */
export function readPickle(bytes: Uint8Array<ArrayBuffer>, path: string): Pickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), text = new TextDecoder();
  const fail: Fail = (what) => new DataError(`${path}: the description of its tensors is damaged: ${what}.`);
  const stack: Pickled[] = [], marks: number[] = [], memo = new Map<number, Pickled>();
  let at = 0;
  const take = (count: number) => {
    if (at + count > bytes.length) throw fail(`it ends at byte ${bytes.length}`);
    at += count;
    return at - count;
  };
  const word = (length: number) => {
    const from = take(length);
    return text.decode(bytes.subarray(from, from + length));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw fail("a name has no end");
    const found = text.decode(bytes.subarray(at, end));
    at = end + 1;
    return found;
  };
  const pop = () => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail("its stack is empty");
    return stack.pop()!;
  };
  const popMark = () => {
    const mark = marks.pop();
    if (mark === undefined) throw fail("a mark is missing");
    return stack.splice(mark);
  };
  const top = () => {
    if (stack.length === 0) throw fail("its stack is empty");
    return stack.at(-1)!;
  };
  const named = (name: string) => {
    if (storages.test(name) || Object.hasOwn(calls, name)) return new Named(name);
    throw new DataError(
      `${path} holds ${name}, which is no tensor and is not read; a file of torch.save(model.state_dict(), ...) is expected.`,
    );
  };
  const put = (index: number) => memo.set(index, top());
  const get = (index: number) => {
    if (!memo.has(index)) throw fail(`nothing is kept under ${index}`);
    stack.push(memo.get(index)!);
  };
  const intoDictionary = (items: readonly Pickled[], dictionary: Pickled) => {
    if (!(dictionary instanceof Map) || items.length % 2 === 1) throw fail("items are put into no dictionary");
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i]!, items[i + 1]!);
  };
  const intoList = (items: readonly Pickled[], list: Pickled) => {
    if (!Array.isArray(list)) throw fail("items are put into no list");
    for (const item of items) list.push(item);
  };
  const long = (length: number) => {
    let value = 0n;
    const from = take(length);
    for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[from + i]!);
    return Number(BigInt.asIntN(8 * length, value));
  };
  const steps: Readonly<Record<string, () => unknown>> = {
    "\x80": () => take(1), // PROTO
    "\x95": () => take(8), // FRAME
    "(": () => marks.push(stack.length),
    "0": pop,
    "}": () => stack.push(new Map()),
    "]": () => stack.push([]),
    ")": () => stack.push([]),
    "t": () => stack.push(popMark()),
    "\x85": () => stack.push([pop()]),
    "\x86": () => stack.push([pop(), pop()].reverse()),
    "\x87": () => stack.push([pop(), pop(), pop()].reverse()),
    "N": () => stack.push(null),
    "\x88": () => stack.push(true),
    "\x89": () => stack.push(false),
    "J": () => stack.push(view.getInt32(take(4), true)),
    "K": () => stack.push(view.getUint8(take(1))),
    "M": () => stack.push(view.getUint16(take(2), true)),
    "\x8a": () => stack.push(long(view.getUint8(take(1)))),
    "G": () => stack.push(view.getFloat64(take(8), false)),
    "X": () => stack.push(word(view.getUint32(take(4), true))),
    "\x8c": () => stack.push(word(view.getUint8(take(1)))),
    "q": () => put(view.getUint8(take(1))),
    "r": () => put(view.getUint32(take(4), true)),
    "\x94": () => put(memo.size),
    "h": () => get(view.getUint8(take(1))),
    "j": () => get(view.getUint32(take(4), true)),
    "c": () => stack.push(named([line(), line()].join("."))),
    "\x93": () => stack.push(named([pop(), pop()].reverse().join("."))),
    "s": () => intoDictionary([pop(), pop()].reverse(), top()),
    "u": () => intoDictionary(popMark(), top()),
    "a": () => intoList([pop()], top()),
    "e": () => intoList(popMark(), top()),
    "Q"() {
      const id = pop();
      if (!Array.isArray(id) || id[0] !== "storage") throw fail("a storage is not named as PyTorch does it");
      const [, kind, key, , count] = id as readonly Pickled[];
      if (!(kind instanceof Named && typeof key === "string" && Number.isSafeInteger(count))) {
        throw fail("a storage is not named as PyTorch does it");
      }
      stack.push(new PickledStorage(kind.name.replace("torch.", ""), key, count as number));
    },
    "R"() {
      const args = pop(), callee = pop();
      const call = callee instanceof Named ? calls[callee.name] : undefined;
      if (!call || !Array.isArray(args)) throw fail("something is called that is no function");
      stack.push(call(args, fail));
    },
    // The state of an OrderedDict: attributes beside its items, such as the versions of modules.
    "b": pop,
  };
  while (true) {
    const code = bytes[take(1)]!;
    if (code === 0x2e) return pop();
    const step = steps[String.fromCharCode(code)];
    if (!step) throw fail(`the opcode 0x${code.toString(16)} at byte ${at - 1} is none of those of tensors`);
    step();
  }
}
