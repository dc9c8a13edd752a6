import assert from "node:assert/strict";
import { matmul, type MatmulOptions } from "../../kernels/matmul/matmul.ts";
import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import { registerTileSource } from "../../kernels/matmul/register_tile.ts";
import { chooseMatmulVariant, type MatmulVariant } from "../../kernels/matmul/variants.ts";
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
): Promise<void> {
  for (const [transposeA, transposeB] of layouts) {
    const a = normals(batch * m * k, 1), b = normals((options.sharedB ? 1 : batch) * k * n, 2), bias = normals(n, 3);
    const before = normals(batch * m * n, 4);
    const c = harness.output(batch * m * n, before);
    matmul(launcher, {
      ...{ a: harness.upload(a), b: harness.upload(b), c, m, n, k, batch, transposeA, transposeB },
      ...options,
      ...(options.bias ? { bias: harness.upload(bias) } : {}),
      ...(variant ? { variant } : {}),
    });
    const want = matmulReference(a, b, {
      ...{ m, n, k, batch, transposeA, transposeB, sharedB: options.sharedB ?? false },
      ...(options.bias ? { bias } : {}),
    }).map((value, i) => {
      const sum = value + (options.accumulate ? before[i]! : 0);
      return options.relu ? Math.max(sum, 0) : sum;
    });
    const what = `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"} ${batch} x ${m} x ${n} x ${k}`;
    assertClose((await harness.read(c))[0], want, { rtol: 1e-5, atol: 2e-6 * Math.sqrt(k), what });
  }
}

const tile = (lanes: number, broadcast: boolean, vector: boolean, columns = 32): MatmulVariant => {
  return { name: "register tile", lanes, rows: 4, columns, vector, broadcast };
};

const variants: readonly (readonly [string, MatmulVariant, readonly Sizes[], skip?: boolean])[] = [
  ["one invocation an element", { name: "small" }, [{ m: 1, n: 1, k: 1 }, { m: 3, n: 67, k: 5 }, {
    m: 66,
    n: 2,
    k: 7,
  }]],
  ["64 x 64 through workgroup memory", { name: "workgroup tile" }, [
    { m: 1, n: 1, k: 1 },
    { m: 65, n: 31, k: 17 },
    { m: 3, n: 66, k: 16, batch: 2 },
  ]],
  ["register tile of scalars", tile(8, false, false, 8), [{ m: 1, n: 1, k: 1 }, { m: 33, n: 9, k: 7 }]],
  ["register tile of vectors", tile(8, false, true, 8), [{ m: 4, n: 4, k: 4 }, { m: 36, n: 12, k: 8, batch: 2 }]],
  [
    "register tile with broadcasts of scalars",
    tile(subgroupSize, true, false),
    [{ m: 1, n: 1, k: 1 }, { m: 33, n: 37, k: 7 }, { m: 31, n: 31, k: 5, batch: 3 }],
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
    },
  });
}

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

Deno.test("matmul: NaN passes the rectifier", async () => {
  const c = harness.output(64);
  const ones = new Float32Array(64).fill(1), a = ones.with(8, NaN);
  matmul(launcher, { a: harness.upload(a), b: harness.upload(ones), c, m: 8, n: 8, k: 8, relu: true });
  const [values] = await harness.read(c);
  assert.ok(values.subarray(8, 16).every(Number.isNaN) && !values.subarray(0, 8).some(Number.isNaN));
});

Deno.test("matmul: the same bits on every repeat", async () => {
  const a = harness.upload(normals(40 * 33, 5)), b = harness.upload(normals(33 * 44, 6));
  const outputs = [0, 1, 2].map(() => harness.output(40 * 44));
  for (const c of outputs) matmul(launcher, { a, b, c, m: 40, n: 44, k: 33 });
  const [first, ...others] = (await harness.read(...outputs)).map((values) => values.join());
  for (const other of others) assert.equal(other, first);
});

Deno.test("matmul: sizes that are not positive and outputs beyond the grid are refused", () => {
  const c = harness.output(4);
  assert.throws(() => matmul(launcher, { a: c, b: c, c, m: 0, n: 1, k: 1 }), /sizes must be positive, but are m 0/);
  assert.throws(
    () => matmul(launcher, { a: c, b: c, c, m: 1, n: 1, k: 1, batch: 65536 }),
    /needs more than 65,535 workgroups/,
  );
});

Deno.test("matmul: the table picks tiles by shape and adapter", () => {
  const capabilities = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
  const shape = { m: 64, n: 512, k: 2304, transposeA: false, transposeB: true };
  assert.deepEqual(chooseMatmulVariant(shape, capabilities), tile(8, true, true));
  assert.deepEqual(chooseMatmulVariant({ ...shape, k: 2303 }, capabilities), tile(8, true, false));
  assert.equal(chooseMatmulVariant({ ...shape, n: 1 }, capabilities).name, "small");
  assert.equal(chooseMatmulVariant(shape, { ...capabilities, software: false }).name, "workgroup tile");
});

Deno.test("matmul: the written shader of a tile is the pinned one", async () => {
  const source = registerTileSource({
    ...{ lanes: 4, rows: 4, columns: 4, transposeA: true, transposeB: false, vector: true, broadcast: true },
  });
  const pinned = new URL("./matmul_tile.snapshot.wgsl", import.meta.url);
  assert.equal(source, await Deno.readTextFile(pinned));
});
