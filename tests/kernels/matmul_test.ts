import assert from "node:assert/strict";
import { matmul, type MatmulOptions } from "../../kernels/matmul/matmul.ts";
import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import { registerTileSource } from "../../kernels/matmul/register_tile.ts";
import { unaryReferences } from "../../kernels/elementwise/unary.ref.ts";
import type { Stored } from "../../kernels/matmul/kernels.ts";
import { chooseMatmulVariant } from "../../kernels/matmul/variants.ts";
import type { MatmulVariant, WideTileVariant } from "../../kernels/matmul/variant.ts";
import type { Launcher, Workgroups } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const { subgroupSize } = launcher.capabilities;

const layouts = [[false, false], [false, true], [true, false], [true, true]] as const;

interface Sizes {
  m: number;
  n: number;
  k: number;
  batch?: number;
}

async function check(
  { m, n, k, batch = 1 }: Sizes,
  variant: MatmulVariant | undefined,
  options: Partial<MatmulOptions> = {},
  inLayouts: readonly (readonly [boolean, boolean])[] = layouts,
): Promise<void> {
  const { storedA = "f32", storedB = "f32", sharedB = false, activation } = options;
  for (const [transposeA, transposeB] of inLayouts) {
    const a = stored(normals(batch * m * k, 1), storedA);
    const b = stored(normals((sharedB ? 1 : batch) * k * n, 2), storedB);
    const bias = normals(n, 3), before = normals(batch * m * n, 4);
    const c = harness.output(batch * m * n, before), sums = harness.output(batch * m * n);
    matmul(launcher, {
      ...{ a: harness.upload(a.words), b: harness.upload(b.words), c, m, n, k, batch, transposeA, transposeB },
      ...options,
      ...(options.bias ? { bias: harness.upload(bias) } : {}),
      ...(activation ? { sums } : {}),
      ...(variant ? { variant } : {}),
    });
    const wantSums = matmulReference(a.values, b.values, {
      ...{ m, n, k, batch, transposeA, transposeB, sharedB },
      ...(options.bias ? { bias } : {}),
    }).map((value, i) => value + (options.accumulate ? before[i]! : 0));
    const after = options.relu ? "relu" : activation;
    const want = after ? wantSums.map((sum) => unaryReferences[after].value(sum, 0, 0)) : wantSums;
    const what = `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"} ${batch} x ${m} x ${n} x ${k}`;
    const tolerance = { rtol: 1e-5, atol: 2e-6 * Math.sqrt(k) };
    assertClose((await harness.read(c))[0], want, { ...tolerance, what });
    if (activation) assertClose((await harness.read(sums))[0], wantSums, { ...tolerance, what: `${what}, sums` });
  }
}

/** Numbers as an operand holds them: what to upload, and what it is worth. */
function stored(numbers: Float32Array<ArrayBuffer>, type: Stored) {
  if (type === "f32") return { words: numbers, values: numbers };
  const halves = new Float16Array(Math.ceil(numbers.length / 2) * 2);
  halves.set(numbers);
  return { words: new Uint32Array(halves.buffer), values: Float32Array.from(halves.subarray(0, numbers.length)) };
}

const tile = (lanes: number, broadcast: boolean, vector: boolean, columns = 32): MatmulVariant => {
  return { name: "register tile", lanes, rows: 4, columns, vector, broadcast };
};

const wide = (words: Partial<WideTileVariant>): MatmulVariant => ({
  ...{ name: "wide tile", rows: 64, columns: 64, height: 4, width: 4, depth: 16, buffers: 1, vector: false },
  ...words,
});
const wideVariants = {
  scalars: wide({}),
  vectors: wide({ vector: true }),
  double: wide({ buffers: 2 }),
  doubleVectors: wide({ buffers: 2, vector: true }),
};

const variants: readonly (readonly [string, MatmulVariant, readonly Sizes[], skip?: boolean])[] = [
  ["one invocation an element", { name: "small" }, [{ m: 1, n: 1, k: 1 }, { m: 3, n: 67, k: 5 }, {
    m: 66,
    n: 2,
    k: 7,
  }]],
  ["one workgroup an element", { name: "dot" }, [{ m: 1, n: 1, k: 1 }, { m: 2, n: 3, k: 131 }, {
    m: 5,
    n: 1,
    k: 64,
    batch: 2,
  }]],
  ["64 x 64 through workgroup memory", { name: "workgroup tile" }, [
    { m: 1, n: 1, k: 1 },
    { m: 65, n: 31, k: 17 },
    { m: 64, n: 64, k: 16 },
    { m: 3, n: 66, k: 16, batch: 2 },
  ]],
  ["wide tile of scalars", wideVariants.scalars, [{ m: 1, n: 1, k: 1 }, { m: 65, n: 67, k: 17, batch: 2 }]],
  ["wide tile of vectors", wideVariants.vectors, [{ m: 4, n: 4, k: 4 }, { m: 68, n: 132, k: 20, batch: 2 }]],
  ["wide tile in two buffers", wideVariants.double, [{ m: 1, n: 1, k: 1 }, { m: 65, n: 67, k: 33, batch: 2 }]],
  ["wide tile of vectors in two buffers", wideVariants.doubleVectors, [{ m: 4, n: 4, k: 4 }, { m: 68, n: 64, k: 36 }]],
  ["register tile of scalars", tile(8, false, false, 8), [{ m: 1, n: 1, k: 1 }, { m: 33, n: 18, k: 7 }]],
  ["register tile of vectors", tile(8, false, true, 8), [{ m: 4, n: 4, k: 4 }, { m: 36, n: 12, k: 8, batch: 2 }]],
  [
    "register tile with broadcasts of scalars",
    tile(subgroupSize, true, false),
    [{ m: 1, n: 1, k: 1 }, { m: 33, n: 66, k: 7 }, { m: 31, n: 31, k: 5, batch: 3 }],
    ![4, 8].includes(subgroupSize),
  ],
  [
    "register tile with broadcasts of vectors",
    tile(subgroupSize, true, true),
    [{ m: 4, n: 4, k: 4 }, { m: 36, n: 68, k: 8 }, { m: 64, n: 32, k: 12, batch: 2 }],
    ![4, 8].includes(subgroupSize),
  ],
];

for (const [name, variant, sizes, skip = false] of variants) {
  const title = `matmul, ${name}: equals the reference in all four layouts at edge sizes`;
  Deno.test({
    name: skip ? `${title} (skipped: no subgroups of 4 or 8)` : title,
    ignore: skip,
    fn: async () => {
      for (const one of sizes) await check(one, variant, { bias: {} as MatmulOptions["b"], relu: true });
      // What is stored twice is added twice.
      await check({ m: 24, n: 28, k: 8 }, variant, { accumulate: true });
    },
  });
}

Deno.test("matmul, wide tiles: larger ones with 8 x 8 an invocation equal the reference", async () => {
  const eight = { height: 8, width: 8, depth: 8, vector: true };
  await check({ m: 132, n: 136, k: 20 }, wide({ ...eight, rows: 128, columns: 128, buffers: 2 }), {}, [[false, true]]);
  await check({ m: 68, n: 132, k: 12 }, wide({ ...eight, rows: 64, columns: 128 }), {}, [[true, false]]);
  const invalid = wide({ rows: 128, depth: 8 });
  await assert.rejects(check({ m: 4, n: 4, k: 4 }, invalid), {
    message: "A tile of 128 x 64 x 8 holds less than a vector for each of 512 invocations.",
  });
});

Deno.test("matmul: primes, thin outputs and one B for a batch come out right in the variant that is picked", async () => {
  for (const sizes of [{ m: 1, n: 13, k: 29 }, { m: 17, n: 1, k: 3 }, { m: 8, n: 8, k: 1 }, { m: 11, n: 23, k: 31 }]) {
    await check(sizes, undefined);
  }
  await check({ m: 12, n: 16, k: 4, batch: 3 }, undefined, { sharedB: true });
});

Deno.test("matmul: accumulate adds to what C holds, before the rectifier", async () => {
  await check({ m: 12, n: 16, k: 8 }, undefined, { accumulate: true });
  await check({ m: 12, n: 16, k: 8 }, undefined, { accumulate: true, relu: true });
  await check({ m: 3, n: 5, k: 2 }, undefined, { accumulate: true, bias: {} as MatmulOptions["b"] });
});

Deno.test("matmul: k that is no multiple of four is summed to its end with vectors along m and n", async () => {
  for (const k of [1, 2, 3, 5, 63]) await check({ m: 32, n: 32, k }, undefined);
});

const splits: readonly (readonly [string, MatmulVariant, Sizes])[] = [
  ["small", { name: "small", parts: 3 }, { m: 3, n: 5, k: 29, batch: 2 }],
  ["dot", { name: "dot", parts: 3 }, { m: 3, n: 5, k: 200, batch: 2 }],
  ["workgroup tile", { name: "workgroup tile", parts: 2 }, { m: 5, n: 66, k: 37, batch: 2 }],
  ["wide tile in two buffers", { ...wideVariants.double, parts: 3 }, { m: 5, n: 66, k: 37, batch: 2 }],
  ["wide tile of vectors", { ...wideVariants.vectors, parts: 2 }, { m: 36, n: 12, k: 40, batch: 2 }],
  ["register tile of scalars", { ...tile(8, false, false, 8), parts: 4 }, { m: 33, n: 9, k: 31, batch: 2 }],
  ["register tile of vectors", { ...tile(8, false, true, 8), parts: 3 }, { m: 36, n: 12, k: 40, batch: 2 }],
  ...([4, 8].includes(subgroupSize)
    ? [
      ["broadcasts of scalars", { ...tile(subgroupSize, true, false), parts: 4 }, { m: 33, n: 37, k: 31, batch: 2 }],
      ["broadcasts of vectors", { ...tile(subgroupSize, true, true), parts: 3 }, { m: 36, n: 68, k: 40, batch: 2 }],
    ] as const
    : []),
];

Deno.test("matmul: sums made in parts equal the reference, with all that follows a sum", async () => {
  const bias = {} as MatmulOptions["b"];
  for (const [, variant, sizes] of splits) await check(sizes, variant, { bias, relu: true, accumulate: true });
  await check({ m: 12, n: 16, k: 40 }, { name: "small", parts: 5 }, { bias, activation: "gelu" });
  await check({ m: 8, n: 8, k: 9 }, { name: "small", parts: 50 });
});

Deno.test("matmul: GELU in both forms follows the bias, and the sums before it are kept", async () => {
  const bias = {} as MatmulOptions["b"];
  for (const activation of ["gelu", "gelu_tanh"] as const) {
    await check({ m: 36, n: 36, k: 8 }, undefined, { bias, activation });
  }
  await check({ m: 33, n: 13, k: 7 }, undefined, { activation: "gelu", accumulate: true });
  await check({ m: 2, n: 5, k: 7 }, undefined, { bias, activation: "gelu" });
  await check({ m: 9, n: 17, k: 5, batch: 2 }, { name: "workgroup tile" }, { bias, activation: "gelu" });
});

Deno.test("matmul: GELU without a place for the sums gives the same bits, and NaN passes it", async () => {
  const a = normals(64, 1).with(8, NaN), b = harness.upload(normals(64, 2));
  const [kept, dropped, sums] = [harness.output(64), harness.output(64), harness.output(64)] as const;
  const options = { a: harness.upload(a), b, m: 8, n: 8, k: 8, activation: "gelu" } as const;
  matmul(launcher, { ...options, c: kept, sums });
  matmul(launcher, { ...options, c: dropped });
  const [first, second] = await harness.read(kept, dropped);
  assert.deepEqual(first, second);
  assert.ok(first.subarray(8, 16).every(Number.isNaN) && !first.subarray(0, 8).some(Number.isNaN));
});

const half = launcher.capabilities.shaderF16;
Deno.test({
  name: `matmul: operands stored as f16 are summed in f32, in every variant${half ? "" : " (skipped: no shader-f16)"}`,
  ignore: !half,
  fn: async () => {
    const both = { storedA: "f16", storedB: "f16" } as const;
    await check({ m: 36, n: 12, k: 12 }, tile(8, false, true, 8), both);
    await check({ m: 33, n: 9, k: 7, batch: 2 }, tile(8, false, false, 8), both);
    await check({ m: 12, n: 16, k: 8 }, tile(8, false, true, 8), { storedB: "f16" });
    await check({ m: 5, n: 3, k: 8 }, undefined, { storedA: "f16", activation: "gelu" });
    await check({ m: 3, n: 5, k: 7 }, undefined, both);
    await check({ m: 3, n: 5, k: 131 }, { name: "dot" }, both);
    await check({ m: 5, n: 66, k: 17 }, { name: "workgroup tile", parts: 2 }, both);
    await check({ m: 36, n: 68, k: 12 }, wideVariants.doubleVectors, both, [[true, true]]);
    await check({ m: 5, n: 66, k: 17 }, wideVariants.scalars, { storedB: "f16" }, [[false, false]]);
  },
});

Deno.test("matmul: NaN passes the rectifier, -Infinity becomes 0", async () => {
  const c = harness.output(64);
  const ones = new Float32Array(64).fill(1), a = ones.with(8, NaN).with(16, -Infinity);
  matmul(launcher, { a: harness.upload(a), b: harness.upload(ones), c, m: 8, n: 8, k: 8, relu: true });
  const [values] = await harness.read(c);
  assert.ok(values.subarray(8, 16).every(Number.isNaN) && !values.subarray(0, 8).some(Number.isNaN));
  assert.deepEqual([...values.subarray(16, 24)], Array(8).fill(0));
});

Deno.test("matmul: the same bits on every repeat, also of sums in parts", async () => {
  const a = harness.upload(normals(40 * 33, 5)), b = harness.upload(normals(33 * 44, 6));
  for (const variant of [undefined, { name: "small", parts: 4 }] as const) {
    const outputs = [0, 1, 2].map(() => harness.output(40 * 44));
    for (const c of outputs) matmul(launcher, { a, b, c, m: 40, n: 44, k: 33, ...(variant ? { variant } : {}) });
    const [first, ...others] = (await harness.read(...outputs)).map((values) => values.join());
    for (const other of others) assert.equal(other, first);
  }
});

Deno.test("matmul: sizes that are not positive and outputs beyond the grid are refused", () => {
  const c = harness.output(4);
  assert.throws(
    () => matmul(launcher, { a: c, b: c, c, m: -1, n: 1, k: 1 }),
    /sizes are whole numbers from 0 on, but m is -1/,
  );
  assert.throws(
    () => matmul(launcher, { a: c, b: c, c, m: 1, n: 1, k: 1, batch: 65536 }),
    /needs more than 65,535 workgroups/,
  );
});

Deno.test("matmul: the table picks by shape and adapter, and splits sums where tiles are few", () => {
  const capabilities = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
  const hardware = { ...capabilities, software: false };
  const shape = { m: 64, n: 512, k: 2304, transposeA: false, transposeB: true };
  assert.deepEqual(chooseMatmulVariant(shape, capabilities), tile(8, true, true));
  assert.deepEqual(chooseMatmulVariant({ ...shape, k: 2303 }, capabilities), tile(8, true, false));
  assert.deepEqual(chooseMatmulVariant({ ...shape, n: 32 }, capabilities), { ...tile(8, true, true), parts: 2 });
  assert.equal(chooseMatmulVariant({ ...shape, n: 1 }, capabilities).name, "small");
  assert.equal(chooseMatmulVariant({ ...shape, m: 1, n: 1 }, capabilities).name, "dot");
  assert.deepEqual(chooseMatmulVariant(shape, hardware), { name: "workgroup tile", parts: 18 });
  assert.deepEqual(chooseMatmulVariant({ ...shape, m: 4096, n: 4096 }, hardware), { name: "workgroup tile" });
  assert.equal(chooseMatmulVariant({ ...shape, m: 1 }, hardware).name, "dot");
  assert.equal(chooseMatmulVariant({ ...shape, m: 1, transposeB: false }, hardware).name, "small");
  assert.equal(chooseMatmulVariant({ ...shape, m: 65_535, n: 1 }, hardware).name, "dot");
  assert.equal(chooseMatmulVariant({ ...shape, m: 65_536, n: 1 }, hardware).name, "small");
});

Deno.test("matmul: outputs of more elements than a row of workgroups has invocations are laid out in two", () => {
  const memory = harness.output(4), grids: Workgroups[] = [];
  const recorder: Launcher = {
    capabilities: { ...launcher.capabilities, software: true, subgroupSize: 8 },
    dispatch: (_kernel, _bindings, _uniforms, workgroups) => void grids.push(workgroups),
    scratch: () => memory,
    release: () => {},
  };
  // An activation after a register tile, and sums in parts, add the parts in a launch of their own.
  const operands = { a: memory, b: memory, c: memory, m: 4200, n: 4096, k: 8 };
  matmul(recorder, { ...operands, activation: "gelu" });
  matmul(recorder, { ...operands, k: 600_000 });
  assert.equal(grids.length, 4);
  for (const grid of grids) assert.ok(grid.every((count) => count! <= 65_535), `${grid}`);
  for (const [x, y = 1] of [grids[1]!, grids[3]!]) assert.ok(x * y * 64 >= 4200 * 4096 / 4);
});

Deno.test("matmul: a variant that was measured on the device comes before the table", () => {
  const asked: unknown[] = [], launched: string[] = [];
  const recorder: Launcher = {
    capabilities: {
      ...launcher.capabilities,
      matmulVariant(shape) {
        asked.push(shape);
        return { name: "dot" };
      },
    },
    dispatch: ({ label }) => void launched.push(label),
    scratch: launcher.scratch.bind(launcher),
    release: launcher.release.bind(launcher),
  };
  const c = harness.output(64);
  matmul(recorder, { a: c, b: c, c, m: 8, n: 8, k: 8 });
  assert.deepEqual(asked, [{ m: 8, n: 8, k: 8, batch: 1, transposeA: false, transposeB: false }]);
  assert.deepEqual(launched, ["matmul.nn.dot"]);
});

Deno.test("matmul: the written shader of a tile is the pinned one", async () => {
  const source = registerTileSource({
    ...{ lanes: 4, rows: 4, columns: 4, transposeA: true, transposeB: false, vector: true, broadcast: true },
  });
  const pinned = new URL("./matmul_tile.snapshot.wgsl", import.meta.url);
  assert.equal(source, await Deno.readTextFile(pinned));
});
