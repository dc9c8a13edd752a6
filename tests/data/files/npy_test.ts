import assert from "node:assert/strict";
import { join } from "node:path";
import { readNpy, readNpyMatrix, writeNpy } from "../../../data/files/npy.ts";
import { put, withFolder } from "../../temporary.ts";

/** An .npy file as NumPy writes it: version 1, header padded to a multiple of 64. */
function npy(
  descriptor: string,
  shape: string,
  data: ArrayLike<number>,
  { order = "False", padTo = 64 } = {},
): Uint8Array {
  const text = `{'descr': ${descriptor}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / padTo) * padTo - 11) + "\n";
  const start = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8];
  return new Uint8Array([...start, ...new TextEncoder().encode(header), ...Array.from(data)]);
}

const bytesOf = (array: { readonly buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
const sixFloats = bytesOf(new Float32Array([1, 2, 3, 4, 5, 6]));

async function read(bytes: Uint8Array) {
  const notes: string[] = [];
  let array: Awaited<ReturnType<typeof readNpy>> | undefined;
  await withFolder(async (folder) => {
    const onNote = (note: string) => notes.push(note.replace(`${folder}/`, ""));
    array = await readNpy(await put(folder, "x.npy", bytes), { onNote }).catch((error) => {
      error.message = error.message.replace(`${folder}/`, "");
      throw error;
    });
  })();
  return { shape: array!.shape, values: [...array!.data], notes };
}

Deno.test("npy: the bytes that numpy.save writes for float32 are read without a note", async () => {
  // numpy.save(file, numpy.array([[1, -2.5]], dtype=numpy.float32))
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117) + "\n";
  const bytes = [
    0x93,
    78,
    85,
    77,
    80,
    89,
    1,
    0,
    118,
    0,
    ...new TextEncoder().encode(text),
    0,
    0,
    0x80,
    0x3f,
    0,
    0,
    0x20,
    0xc0,
  ];
  assert.deepEqual(await read(new Uint8Array(bytes)), { shape: [1, 2], values: [1, -2.5], notes: [] });
});

const converted: [type: string, name: string, data: { readonly buffer: ArrayBufferLike }][] = [
  ["<f8", "float64", new Float64Array([1, 2, 3])],
  ["<f2", "float16", new Uint16Array([0x3c00, 0x4000, 0x4200])],
  ["<i8", "int64", new BigInt64Array([1n, 2n, 3n])],
  ["<u8", "uint64", new BigUint64Array([1n, 2n, 3n])],
  ["<i4", "int32", new Int32Array([1, 2, 3])],
  ["<u2", "uint16", new Uint16Array([1, 2, 3])],
  ["|i1", "int8", new Int8Array([1, 2, 3])],
  [">f4", "big-endian float32", new Uint8Array([0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0])],
  [">i2", "big-endian int16", new Uint8Array([0, 1, 0, 2, 0, 3])],
];
for (const [type, name, data] of converted) {
  Deno.test(`npy: ${name} is converted with a note`, async () => {
    assert.deepEqual(await read(npy(`'${type}'`, "(3,)", bytesOf(data))), {
      shape: [3],
      values: [1, 2, 3],
      notes: [`x.npy is ${name}; it was converted to float32.`],
    });
  });
}

Deno.test("npy: booleans are 0 and 1", async () => {
  assert.deepEqual((await read(npy("'|b1'", "(2,)", [1, 0]))).values, [1, 0]);
});

Deno.test("npy: Fortran order is turned into row-major order with a note", async () => {
  const { values, shape, notes } = await read(npy("'<f4'", "(2, 3)", sixFloats, { order: "True" }));
  assert.deepEqual([shape, values], [[2, 3], [1, 3, 5, 2, 4, 6]]);
  assert.deepEqual(notes, ["x.npy is in Fortran (column-major) order; it was converted to row-major order."]);
  const cube = bytesOf(Float32Array.from({ length: 24 }, (_, i) => i));
  const expected = [];
  for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expected.push(i + 2 * j + 6 * k);
  assert.deepEqual((await read(npy("'<f4'", "(2, 3, 4)", cube, { order: "True" }))).values, expected);
});

Deno.test("npy: data that is not aligned to its type is read", async () => {
  const bytes = npy("'<f4'", "(2, 3)", sixFloats, { padTo: 1 });
  assert.notEqual((bytes.length - sixFloats.length) % 4, 0);
  assert.deepEqual((await read(bytes)).values, [1, 2, 3, 4, 5, 6]);
});

for (const type of ["<i8", ">u8", "|b1", "<f2", "<f8"]) {
  Deno.test(`npy: an empty array of ${type} is one of float32`, async () => {
    const { shape, values } = await read(npy(`'${type}'`, "(0, 3)", []));
    assert.deepEqual([shape, values], [[0, 3], []]);
  });
}

const whole = npy("'<f4'", "(2, 3)", sixFloats);
const refused: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ["a wrong beginning", new TextEncoder().encode("0.5 0.25"), /^x\.npy is not an \.npy file: it does not begin/],
  ["JSON", new TextEncoder().encode("[[0.5, 1]]"), /^x\.npy is not an \.npy file: it is JSON text\.$/],
  [
    "a zip archive",
    new TextEncoder().encode("PK\x03\x04 zip"),
    /^x\.npy is a zip archive \(as \.npz, .*\); an \.npy file is expected: unpack it/,
  ],
  ["an empty file", new Uint8Array(0), /^x\.npy is empty; an \.npy file is expected\.$/],
  [
    "an inherited name as type",
    npy("'<constructor'", "(1,)", [0]),
    /^x\.npy holds elements of type <constructor; numbers/,
  ],
  ["a size that is no tuple", npy("'<f4'", "(6)", sixFloats), /^x\.npy has a damaged header/],
  ["a size with leading zeros", npy("'<f4'", "(06,)", sixFloats), /^x\.npy has a damaged header/],
  ["a size beyond 2^53", npy("'<f4'", "(9007199254740993, 0)", []), /^x\.npy has a damaged header/],
  ["a key twice", npy("'<f4', 'descr': '<f4'", "(2, 3)", sixFloats), /^x\.npy has a damaged header/],
  [
    "a float64 beyond float32",
    npy("'<f8'", "(2,)", bytesOf(new Float64Array([1, 1e39]))),
    /^x\.npy holds 1e\+39, as value 2, which is beyond float32; numbers up to 3\.4e38 are expected\.$/,
  ],
  ["a cut magic", whole.subarray(0, 7), /^x\.npy is truncated: it ends inside its header\.$/],
  ["a cut header", whole.subarray(0, 50), /^x\.npy is truncated: it ends inside its header\.$/],
  [
    "cut data",
    whole.subarray(0, -4),
    /^x\.npy is truncated: its header promises 2 x 3 float32 values \(24 bytes\), but 20/,
  ],
  ["data cut inside a number", whole.subarray(0, -1), /^x\.npy is truncated: .*, but 23 bytes follow it\.$/],
  [
    "bytes left over",
    new Uint8Array([...whole, 0, 0, 0, 0]),
    /^x\.npy has bytes left over: .*\(24 bytes\), but 28 bytes/,
  ],
  ["a future version", whole.map((byte, i) => i === 6 ? 9 : byte), /^x\.npy is \.npy format version 9; 1, 2 and 3/],
  ["Python objects", npy("'|O'", "(1,)", [0]), /^x\.npy holds Python objects; numbers are expected, best float32\.$/],
  ["structured elements", npy("[('a', '<f4')]", "(1,)", [0, 0, 0, 0]), /^x\.npy holds structured elements; numbers/],
  ["text", npy("'<U2'", "(1,)", new Uint8Array(8)), /^x\.npy holds elements of type <U2; numbers are expected/],
  ["complex numbers", npy("'<c8'", "(1,)", new Uint8Array(8)), /^x\.npy holds elements of type <c8/],
  ["a header that is no dictionary", npy("'<f4'", "(2, x)", sixFloats), /^x\.npy has a damaged header/],
  ["a negative size", npy("'<f4'", "(-2, 3)", sixFloats), /^x\.npy has a damaged header/],
];
for (const [what, bytes, message] of refused) {
  Deno.test(`npy: ${what} is refused`, async () => {
    await assert.rejects(read(bytes), { name: "DataError", message });
  });
}

Deno.test(
  "npy: what is written is read again, and the library's header suits NumPy",
  withFolder(async (folder) => {
    const path = join(folder, "w.npy");
    await writeNpy(path, new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2]);
    assert.deepEqual(await readNpy(path), { shape: [3, 2], data: new Float32Array([1, 2, 3, 4, 5, 6]) });
    assert.match(await Deno.readTextFile(path), /\{'descr':'<f4','fortran_order':False,'shape':\(3,2\)\} *\n/);
    await writeNpy(path, new Int32Array([-1, 2]), [2]);
    assert.deepEqual([...(await readNpy(path)).data], [-1, 2]);
    await assert.rejects(writeNpy(path, new Float32Array(5), [3, 2]), {
      name: "ShapeError",
      message: `${path}: 5 values do not fill 3 x 2.`,
    });
  }),
);

Deno.test(
  "npy: a matrix of another rank, height or width, or with a value that is not finite, is refused",
  withFolder(async (folder) => {
    const matrix = await put(folder, "m.npy", whole);
    assert.deepEqual(await readNpyMatrix(matrix, { rows: 2, columns: 3 }), {
      rows: 2,
      columns: 3,
      data: new Float32Array([1, 2, 3, 4, 5, 6]),
    });
    const refuse = (path: string, options: Parameters<typeof readNpyMatrix>[1], message: string) =>
      assert.rejects(readNpyMatrix(path, options), { name: "DataError", message: `${path} ${message}` });
    await refuse(
      matrix,
      { rows: 5, rowsOf: "names.json names 5 metrics" },
      "has 2 rows, but names.json names 5 metrics.",
    );
    await refuse(matrix, { rows: 5 }, "has 2 rows, but 5 are expected.");
    await refuse(matrix, { columns: 768 }, "has 3 columns; 768 are expected.");
    const vector = await put(folder, "v.npy", npy("'<f4'", "(6,)", sixFloats));
    await refuse(vector, {}, "has shape (6); two dimensions, rows and columns, are expected.");
    await refuse(
      await put(folder, "z.npy", npy("'<f4'", "(2, 0)", [])),
      {},
      "has 0 columns; at least one is expected.",
    );
    for (const value of [NaN, Infinity]) {
      const values = bytesOf(new Float32Array([1, 2, 3, 4, value, 6]));
      const path = await put(folder, "n.npy", npy("'<f4'", "(2, 3)", values));
      await refuse(path, {}, `has ${value} in row 2, column 2 (counted from 1); finite numbers are expected.`);
    }
  }),
);

Deno.test(
  "npy: shapes that no reader takes are not written",
  withFolder(async (folder) => {
    for (const shape of [[-1, -1], [0.5, 2], [NaN]]) {
      await assert.rejects(writeNpy(join(folder, "w.npy"), new Float32Array(1), shape), { name: "ShapeError" });
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }),
);
