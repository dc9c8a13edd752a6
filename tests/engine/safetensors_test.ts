import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeSafetensors, readSafetensors } from "../../engine/files/read_safetensors.ts";
import { encodeSafetensors, writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { type SafetensorsTensor, tensorToFloat32 } from "../../engine/files/safetensors_format.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { sharedPath } from "../shared.ts";
import { put, withFolder } from "../temporary.ts";

const tensors = new Map<string, SafetensorsTensor>([
  ["mask", { dtype: "BOOL", shape: [3], data: new Uint8Array([1, 0, 1]) }],
  ["head.weight", { dtype: "F32", shape: [2, 2], data: new Float32Array([1, -2, 0.5, 3]) }],
  ["head.bias", { dtype: "F32", shape: [2], data: new Float32Array([4, 5]) }],
  ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
  ["step", { dtype: "I64", shape: [], data: new BigInt64Array([812n]) }],
  ["index", { dtype: "I32", shape: [2], data: new Int32Array([-1, 7]) }],
  ["half", { dtype: "F16", shape: [1], data: new Uint16Array([0x3c00]) }],
]);

/** A file with this header and that many bytes of data. */
function file(header: unknown, dataLength: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (begin: number, end: number, dtype = "F32", shape: unknown = [2]) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

Deno.test("safetensors: what is written is read again, values, shapes, types and metadata", () => {
  const metadata = { config: '{"recipe":"bilinear"}', note: "é" };
  const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata), "x.safetensors");
  assert.deepEqual({ ...decoded.metadata }, metadata);
  assert.deepEqual(new Map([...decoded.tensors].sort()), new Map([...tensors].sort()));
});

Deno.test("safetensors: bytes do not depend on the order of the tensors, and data starts at a multiple of 8", () => {
  const bytes = encodeSafetensors(tensors);
  assert.deepEqual(encodeSafetensors(new Map([...tensors].reverse())), bytes);
  assert.equal(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
});

Deno.test("safetensors: the bytes are those that the format's own library writes", () => {
  const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  const expected = [80, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header.padEnd(80))];
  const bytes = encodeSafetensors(new Map([["w", { dtype: "F32", shape: [2], data: new Float32Array([1, -2]) }]]), {
    a: "b",
  });
  assert.deepEqual([...bytes], [...expected, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
});

Deno.test("safetensors: tensors are views of the file where alignment allows it, else copies", () => {
  const bytes = encodeSafetensors(tensors);
  assert.equal(decodeSafetensors(bytes, "x").tensors.get("head.bias")!.data.buffer, bytes.buffer);
  const moved = new Uint8Array(bytes.length + 1).subarray(1);
  moved.set(bytes);
  assert.deepEqual([...decodeSafetensors(moved, "x").tensors.get("head.bias")!.data], [4, 5]);
});

Deno.test("safetensors: every type becomes float32", () => {
  const values = (dtype: SafetensorsTensor["dtype"], data: SafetensorsTensor["data"]) => [
    ...tensorToFloat32({ dtype, shape: [data.length], data }),
  ];
  assert.deepEqual(values("F16", new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00])), [
    1,
    -2,
    2 ** -24,
    65504,
    Infinity,
    NaN,
  ]);
  assert.deepEqual(values("BF16", new Uint16Array([0x3f80, 0xc040])), [1, -3]);
  assert.deepEqual(values("F64", new Float64Array([0.1])), [Math.fround(0.1)]);
  assert.deepEqual(values("I64", new BigInt64Array([-5n])), [-5]);
  assert.deepEqual(values("BOOL", new Uint8Array([1, 0])), [1, 0]);
});

Deno.test("safetensors: values that do not fill a shape or have another type are refused by name", () => {
  const encode = (tensor: SafetensorsTensor) => () => encodeSafetensors(new Map([["head.weight", tensor]]));
  assert.throws(encode({ dtype: "F32", shape: [2, 2], data: new Float32Array(3) }), {
    name: "ShapeError",
    message: "head.weight: 3 values in a Float32Array are no F32 tensor of shape [2, 2].",
  });
  assert.throws(encode({ dtype: "F32", shape: [2], data: new Int32Array(2) }), /Int32Array are no F32 tensor/);
});

Deno.test("safetensors: names, metadata and shapes that no reader takes are not written", () => {
  const one: SafetensorsTensor = { dtype: "F32", shape: [1], data: new Float32Array(1) };
  const encode = (name: string, shape = [1], metadata = {}) => () =>
    encodeSafetensors(new Map([[name, { ...one, shape }]]), metadata);
  assert.throws(encode("__metadata__"), {
    name: "UsageError",
    message: 'A tensor is named "__metadata__", which safetensors files keep for their metadata; rename it.',
  });
  assert.throws(encode("w\ud800"), { name: "UsageError", message: /not valid Unicode/ });
  assert.throws(encode("w", [1], { note: "\udc00" }), { name: "UsageError", message: /no valid Unicode text/ });
  for (const shape of [[-1, -1], [0.5, 2], [NaN]]) {
    assert.throws(encode("w", shape), {
      name: "ShapeError",
      message: /^w has the shape \[.*\]; counts are expected\.$/,
    });
  }
});

Deno.test("safetensors: metadata of null is none, as Python reads it, and inherited names are names like any other", () => {
  const bytes = file({ __metadata__: null, w: entry(0, 8) }, 8);
  assert.deepEqual(decodeSafetensors(bytes, "m").metadata, {});
  const named = new Map(["__proto__", "constructor", "0", ""].map((name): [string, SafetensorsTensor] => [
    name,
    { dtype: "F32", shape: [1], data: Float32Array.of(name.length) },
  ]));
  const read = decodeSafetensors(encodeSafetensors(named, { constructor: "c" }), "m");
  assert.deepEqual([...read.tensors].sort(), [...named].sort());
  assert.deepEqual(read.metadata, { constructor: "c" });
});

const refusals: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ["four bytes", new Uint8Array(4), /^m is not a safetensors file: it has 4 bytes/],
  ["text", new TextEncoder().encode("hello, this is text"), /^m is not a safetensors file: its first 8 bytes/],
  [
    "an .npy file",
    new TextEncoder().encode("\u0093NUMPY, not").slice(1),
    /^m is not a safetensors file: it is an \.npy/,
  ],
  ["a tensor twice", file('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":3}', 0), /header has "w" twice\.$/],
  ["zeros", new Uint8Array(64), /^m is not a safetensors file: its header does not begin with {/],
  ["broken JSON", file("{nonsense}", 0), /^m is not a safetensors file: its header is no JSON object/],
  [
    "a cut header",
    file({ w: entry(0, 8) }, 0).subarray(0, 30),
    /^m is truncated: its header has \d+ bytes, but 22 are/,
  ],
  ["cut data", file({ w: entry(0, 8) }, 7), /^m is truncated: its tensors take 8 bytes, but 7 follow the header/],
  ["data left over", file({ w: entry(0, 8) }, 9), /^m has bytes left over: its tensors take 8 bytes, but 9 follow/],
  ["an unknown type", file({ w: entry(0, 2, "F8_E4M3") }, 2), /^m, tensor "w": dtype is "F8_E4M3"; one of F64, F32/],
  ["an inherited name as type", file({ w: entry(0, 2, "toString") }, 2), /^m, tensor "w": dtype is "toString"/],
  [
    "a wrong shape",
    file({ w: entry(0, 8, "F32", [3]) }, 8),
    /"w" is damaged: F32 of shape \[3\] takes 12 bytes, but .* 8\.$/,
  ],
  ["a negative size", file({ w: entry(0, 8, "F32", [-2]) }, 8), /"w" is damaged: shape and data_offsets are expected/],
  ["an entry that is no object", file({ w: 3 }, 0), /^m, tensor "w": dtype is missing/],
  [
    "overlap",
    file({ a: entry(0, 8), b: entry(4, 12) }, 12),
    /^m, tensor "b" overlaps the tensor before it: .* at 4, and 8/,
  ],
  ["a gap", file({ a: entry(0, 8), b: entry(12, 20) }, 20), /^m, tensor "b" leaves a gap after the tensor before it/],
  [
    "metadata of numbers",
    file({ __metadata__: { step: 3 } }, 0),
    /^m is damaged: its __metadata__ is no object of strings/,
  ],
];
for (const [what, bytes, message] of refusals) {
  Deno.test(
    `safetensors: ${what} is refused, read at once or in parts`,
    withFolder(async (folder) => {
      assert.throws(() => decodeSafetensors(bytes, "m"), { name: "DataError", message });
      const path = await put(folder, "m", bytes);
      await assert.rejects(
        SafetensorsReader.open(path),
        (error: Error) => error.name === "DataError" && message.test(error.message.replaceAll(path, "m")),
      );
    }),
  );
}

Deno.test(
  "safetensors: a file read in parts holds what it holds when read at once, behind a header of any length",
  withFolder(async (folder) => {
    for (const metadata of [{ a: "b" }, { a: "b".repeat(100_000) }]) {
      const path = await put(folder, "m.safetensors", encodeSafetensors(tensors, metadata));
      const whole = await readSafetensors(path);
      using opened = await SafetensorsReader.open(path);
      assert.deepEqual(opened.metadata, whole.metadata);
      assert.deepEqual([...opened.tensors.keys()], [...whole.tensors.keys()]);
      for (const [name, tensor] of whole.tensors) {
        const { shape, dtype, read } = opened.tensors.get(name)!;
        assert.deepEqual({ shape, dtype }, { shape: tensor.shape, dtype: tensor.dtype });
        const values = tensorToFloat32(tensor), half = Math.floor(values.length / 2);
        assert.deepEqual([...await read(half, values.length - half)], [...values.subarray(half)]);
        assert.deepEqual([...await read(0, half)], [...values.subarray(0, half)]);
      }
    }
    await assert.rejects(SafetensorsReader.open(folder, "the model"), /is a folder; the model is expected/);
    await assert.rejects(SafetensorsReader.open(join(folder, "none")), /none does not exist; a safetensors file/);
  }),
);

Deno.test(
  "safetensors: a tensor that comes in pieces is written as one that is there, and refused when it is cut short",
  withFolder(async (folder) => {
    const path = join(folder, "m"), data = new Float32Array([1, 2, 3, 4, 5, 6]);
    const pieces = (...lengths: number[]) =>
      async function* () {
        let at = 0;
        for (const length of lengths) {
          yield await Promise.resolve(new Uint8Array(data.buffer, at, length)), at += length;
        }
      };
    const streamed = { dtype: "F32", shape: [2, 3] } as const;
    await writeSafetensors(path, new Map([["w", { ...streamed, pieces: pieces(8, 3, 13) }]]));
    assert.deepEqual(await Deno.readFile(path), encodeSafetensors(new Map([["w", { ...streamed, data }]])));
    await assert.rejects(writeSafetensors(path, new Map([["w", { ...streamed, pieces: pieces(8) }]])), {
      name: "ShapeError",
      message: "w: 24 bytes are expected, but 8 came.",
    });
  }),
);

Deno.test(
  "safetensors: a file survives the disk, and a missing one is named",
  withFolder(async (folder) => {
    const path = join(folder, "model.safetensors");
    await writeSafetensors(path, tensors, { a: "b" });
    assert.deepEqual(await Deno.readFile(path), encodeSafetensors(tensors, { a: "b" }));
    assert.equal((await readSafetensors(path)).tensors.size, tensors.size);
    await assert.rejects(
      readSafetensors(join(folder, "none"), "the weights of a run"),
      /none does not exist; the weights/,
    );
  }),
);

const fixture = sharedPath("fixtures/models/bilinear_heteroscedastic_lr0.01.safetensors");
Deno.test({
  name: "safetensors: a file that PyTorch wrote gives the same bytes again (skipped without the shared fixtures)",
  ignore: fixture === null,
  fn: async () => {
    const { tensors, metadata } = await readSafetensors(fixture!);
    const original = await Deno.readFile(fixture!);
    assert.ok(tensors.size > 50);
    // The library keeps metadata in no fixed order, so ours follows the file's.
    assert.deepEqual(encodeSafetensors(tensors, metadata), original);
  },
});

Deno.test(
  "safetensors: tensors of one file that are read at the same time get their own values",
  withFolder(async (folder) => {
    const path = join(folder, "m");
    const many = Array.from({ length: 40 }, (_, i): [string, SafetensorsTensor] => [
      `w${i}`,
      { dtype: "F32", shape: [500], data: new Float32Array(500).fill(i) },
    ]);
    await writeSafetensors(path, new Map(many));
    using file = await SafetensorsReader.open(path);
    const read = await Promise.all(
      many.map(async ([name]) => [name, await file.tensors.get(name)!.read(0, 500)] as const),
    );
    assert.deepEqual(read, many.map(([name, { data }]) => [name, data]));
  }),
);
