import assert from "node:assert/strict";
import { openWeights } from "../../engine/files/weights_file.ts";

const at = (name: string) => new URL(`pytorch/${name}`, import.meta.url);
const bytesOf = (name: string) => Deno.readFileSync(at(name));

/** All tensors of a file: type, shape and values. */
async function contents(source: URL | Uint8Array) {
  using file = await openWeights(source);
  const all = [...file.tensors].map(async ([name, { dtype, shape, read }]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [name, [dtype, [...shape], [...await read(0, count)]]] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

Deno.test("files of PyTorch: every type of elements, views and shared storages are read as they are", async () => {
  assert.deepEqual(await contents(at("tensors.pt")), {
    float: ["F32", [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    transposed: ["F32", [4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]],
    row: ["F32", [4], [4, 5, 6, 7]],
    every_other: ["F32", [3, 2], [0, 2, 4, 6, 8, 10]],
    expanded: ["F32", [2, 3], [7, 7, 7, 7, 7, 7]],
    half: ["F16", [2], [1.5, -2.25]],
    bfloat: ["BF16", [2], [1.5, -2.25]],
    double: ["F64", [1], [Math.fround(0.1)]],
    long: ["I64", [2], [2 ** 40, -1]],
    bool: ["BOOL", [2], [1, 0]],
    scalar: ["F32", [], [3]],
    empty: ["F32", [0, 5], []],
    parameter: ["F32", [2], [4, 5]],
  });
  using file = await openWeights(at("tensors.pt"));
  assert.deepEqual([...await file.tensors.get("transposed")!.read(4, 3)], [5, 9, 2]);
  assert.deepEqual([...await file.tensors.get("row")!.read(1, 2)], [5, 6]);
});

Deno.test("files of PyTorch: a bare state dict and a full checkpoint hold the same model", async () => {
  const bare = await contents(at("state_dict.pth"));
  assert.deepEqual(Object.keys(bare).slice(0, 3), ["0.weight", "0.bias", "1.weight"]);
  assert.deepEqual(await contents(at("checkpoint.pth")), bare);
  assert.deepEqual(await contents(bytesOf("checkpoint.pth")), bare);
  // With NumPy's numbers beside it, and the names that DataParallel and torch.compile give.
  assert.deepEqual(await contents(at("wrapped.pth")), bare);
});

Deno.test("files of PyTorch: what is no tensor is refused by its name, and nothing of it is carried out", async () => {
  await assert.rejects(openWeights(at("module.pth")), {
    name: "DataError",
    message:
      /module\.pth holds torch\.nn\.modules\.container\.Sequential, which is no tensor and is not read; a file of /,
  });
  await assert.rejects(openWeights(at("old_format.pt")), {
    name: "DataError",
    message:
      /old_format\.pt was written by torch\.save of a version before 1\.6; load it with PyTorch and save it again\.$/,
  });
});

/** The bytes with one text in place of another of the same length. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const [old, now] = [from, to].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  assert.equal(old.length, now.length);
  const found = bytes.findIndex((_, i) => old.every((byte, j) => bytes[i + j] === byte));
  assert.ok(found >= 0, from);
  const copy = bytes.slice();
  copy.set(now, found);
  return copy;
}

Deno.test("files of PyTorch: a function in place of another is refused, and so is a file cut short at any byte", async () => {
  const whole = bytesOf("state_dict.pth");
  await assert.rejects(
    openWeights(replaced(whole, "torch._utils\n_rebuild_tensor_v2", "os.....path.\nsystem_and_so_on__")),
    /holds os\.{5}path\.\.system_and_so_on__, which is no tensor/,
  );
  await assert.rejects(
    openWeights(replaced(whole, "collections\nOrderedDict", "subprocess_\ncheck_call_")),
    /holds subprocess_\.check_call_, which is no tensor/,
  );
  for (let length = 4; length < whole.length; length += 61) {
    await assert.rejects(openWeights(whole.subarray(0, length)), { name: "DataError" }, `${length} bytes`);
  }
});
