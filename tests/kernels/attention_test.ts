import assert from "node:assert/strict";
import {
  attention,
  attentionBackward,
  type AttentionVariant,
  chooseAttentionVariant,
} from "../../kernels/attention/attention.ts";
import {
  attentionBackwardReference,
  type AttentionReference,
  attentionReference,
} from "../../kernels/attention/attention.ref.ts";
import type { AttentionWindow } from "../../kernels/attention/interface.ts";
import { streamingForwardSource } from "../../kernels/attention/streaming_source.ts";
import type { StreamingTile } from "../../kernels/attention/streaming_tile.ts";
import { dropoutMaskReference } from "../../kernels/dropout/dropout.ref.ts";
import type { Dropout } from "../../kernels/dropout/keep.ts";
import { ShapeError } from "../../kernels/errors.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals, numericalGradient } from "./harness.ts";

const harness = await KernelHarness.open();
const { launcher } = harness;
const { subgroupSize } = launcher.capabilities;

interface Case {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  headSize: number;
  keyHeads?: number;
  window?: AttentionWindow;
  masked?: boolean;
  dropout?: Dropout;
  /** Size of the queries' numbers; the greatest score grows with it. */
  size?: number;
}

/** Every variant that can do a case on any device. */
function variantsFor({ queries, keys, headSize, keyHeads, window }: Case): (AttentionVariant | undefined)[] {
  const width = headSize % 4 === 0 ? 4 : 1;
  const streaming = { name: "streaming", width, windowed: window !== undefined } as const;
  return [
    ...(Math.max(queries, keys) <= 8 && !window && !keyHeads ? [{ name: "short", queries, keys, width } as const] : []),
    ...(subgroupSize === 8 ? [{ ...streaming, lanes: 8, rows: 4, others: 32, sharing: "broadcast" } as const] : []),
    { ...streaming, lanes: 8, rows: 4, others: 16, sharing: "load" },
    { ...streaming, lanes: 64, rows: 1, others: 32, sharing: "workgroup" },
  ];
}

/** Streaming tiles far smaller than those of any device: they show what a line does as well, and compile at once. */
const smallTiles: readonly Omit<StreamingTile, "width">[] = [
  ...(subgroupSize === 8 ? [{ lanes: 8, rows: 2, others: 16, sharing: "broadcast" } as const] : []),
  { lanes: 8, rows: 2, others: 4, sharing: "load" },
  // Not all lanes fill workgroup memory to its end, and several subgroups do.
  { lanes: 24, rows: 1, others: 4, sharing: "workgroup" },
];

/** Odd sequences keep their last key alone, even ones all but every third, counted from the last. */
function maskOf({ batch, keys }: Case): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: batch * keys }, (_, i) => {
    const key = i % keys, sequence = Math.floor(i / keys);
    const ignored = sequence % 2 === 1 ? key < keys - 1 : keys > 1 && (keys - 1 - key) % 3 === 0;
    return ignored ? 1 : 0;
  });
}

/** What dropout multiplies each element by: a query's keys start at a block of four numbers. */
function keepOf({ batch, heads, queries, keys, dropout }: Case): number[] | undefined {
  if (!dropout) return undefined;
  const rows = batch * heads * queries, padded = Math.ceil(keys / 4) * 4;
  const mask = dropoutMaskReference(rows * padded, dropout);
  return Array.from(
    { length: rows * keys },
    (_, i) => mask[Math.floor(i / keys) * padded + i % keys]! / (1 - dropout.probability),
  );
}

/** Launches both ways on contiguous tensors and reads the results. */
async function run(one: Case, variant: AttentionVariant | undefined, on: Launcher = launcher) {
  const { batch, heads, keyHeads = heads, queries, keys, headSize, window, masked, dropout, size = 1 } = one;
  const ownSize = batch * heads * queries * headSize, otherSize = batch * keyHeads * keys * headSize;
  const q = normals(ownSize, 1, { scale: size }), k = normals(otherSize, 2), v = normals(otherSize, 3);
  const dy = normals(ownSize, 4), mask = masked ? maskOf(one) : undefined;
  const y = harness.output(ownSize), statistics = harness.output(3 * batch * heads * queries);
  // All three in one buffer, each behind a gap that nothing may read, and their gradients in another order.
  const gap = headSize, nothing = Array(gap).fill(NaN);
  const packed = harness.upload([v, q, k].flatMap((one) => [...nothing, ...one]));
  const [dk, dv, dq] = [2 * gap, 2 * gap + otherSize, 2 * gap + 2 * otherSize];
  const gradient = harness.output(dq + ownSize);
  const layout = (tokens: number, heads: number) => ({
    ...{ batch: heads * tokens * headSize, head: tokens * headSize, token: headSize },
  });
  const options = {
    ...{ batch, heads, keyHeads, queries, keys, headSize, scale: 1 / Math.sqrt(headSize), window, dropout },
    v: { slice: packed, offset: gap },
    q: { slice: packed, offset: 2 * gap + otherSize },
    k: { slice: packed, offset: 3 * gap + otherSize + ownSize },
    qLayout: layout(queries, heads),
    kvLayout: layout(keys, keyHeads),
    yLayout: layout(queries, heads),
    keyPaddingMask: mask && harness.upload(mask),
    ...{ y, statistics, dy: harness.upload(dy), gradient, dq, dk, dv },
  };
  attention(on, options, variant);
  attentionBackward(on, options, variant);
  const [output, gradients] = await harness.read(y, gradient);
  const reference: AttentionReference = {
    ...one,
    scale: options.scale,
    q,
    k,
    v,
    keyPaddingMask: mask,
    keep: keepOf(one),
  };
  return {
    ...{ reference, dy, y: output },
    dq: gradients.subarray(dq),
    dk: gradients.subarray(dk, dv),
    dv: gradients.subarray(dv, dq),
  };
}

function close(actual: Float32Array, expected: Float64Array, what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2);
  assertClose(actual, expected, { rtol: 3e-5, atol: 8e-6 * largest, what });
}

async function compare(one: Case, variants = variantsFor(one), on?: Launcher): Promise<void> {
  for (const variant of variants) {
    const { reference, dy, ...found } = await run(one, variant, on);
    const expected = { y: attentionReference(reference), ...attentionBackwardReference(reference, dy) };
    for (const [name, values] of Object.entries(expected)) {
      close(found[name as keyof typeof found], values, `${name} of ${JSON.stringify({ one, variant })}`);
    }
  }
}

Deno.test("attention: short stacks give the reference's output and gradients, masked or not", async () => {
  for (const [queries, keys, headSize] of [[1, 1, 1], [4, 4, 96], [3, 1, 13], [1, 3, 8], [8, 8, 4], [7, 8, 5]]) {
    for (const masked of [false, true]) {
      await compare({ batch: 3, heads: 2, queries: queries!, keys: keys!, headSize: headSize!, masked });
    }
  }
});

Deno.test("attention: sequences of odd lengths and head widths give the reference's output and gradients", async () => {
  const sizes = [[17, 33, 16], [34, 2, 1], [1, 66, 48], [33, 31, 13], [64, 64, 64], [2, 97, 128]];
  // The last token is a subgroup's last one, too, and the next subgroup holds none.
  sizes.push([40, 40, 8], [40, 40, 5]);
  for (const [queries, keys, headSize] of sizes) {
    for (const masked of [false, true]) {
      await compare({ batch: 2, heads: 3, queries: queries!, keys: keys!, headSize: headSize!, masked });
    }
  }
});

for (const tile of smallTiles) {
  for (const [width, headSize] of [[4, 44], [1, 13]] as const) {
    const how = `${tile.sharing} in ${width === 4 ? "vectors" : "numbers"}`;
    Deno.test(`attention: a small streaming tile, ${how}, gives the reference's output and gradients`, async () => {
      const dropout = { probability: 0.3, draw: { seed: 7, step: 3, use: 2 } };
      const cases = [
        { queries: 23, keys: 39, masked: true, dropout },
        { queries: 40, keys: 40 },
        { queries: 13, keys: 22, size: 20 },
      ];
      for (const one of cases) {
        await compare({ batch: 3, heads: 3, headSize, ...one }, [{ name: "streaming", ...tile, width }]);
      }
    });
  }
}

/** Windows that end within a block and at its edges, one on each side and causal ones. */
const windows: readonly AttentionWindow[] = [
  { before: 3, after: 3 },
  { before: 16, after: 0 },
  { before: 0, after: 5 },
  { before: Infinity, after: 0 },
  { before: 100, after: 100 },
];

for (const tile of smallTiles) {
  Deno.test(`attention: windows and shared keys by a small tile, ${tile.sharing}, give the reference's output and gradients`, async () => {
    const dropout = { probability: 0.3, draw: { seed: 7, step: 3, use: 2 } };
    const variant = { name: "streaming", ...tile, width: 4 } as const, windowed = { ...variant, windowed: true };
    const sizes = { batch: 2, heads: 6, queries: 53, keys: 53, headSize: 12 };
    await compare({ ...sizes, keyHeads: 2, keys: 39, masked: true, dropout }, [variant]);
    await compare({ ...sizes, keyHeads: 1 }, [variant]);
    for (const window of windows) await compare({ ...sizes, heads: 2, window }, [windowed]);
    await compare({ ...sizes, keyHeads: 2, window: windows[0]!, dropout }, [windowed]);
    for (const tokens of [1, 8, 24]) {
      await compare({ ...sizes, queries: tokens, keys: tokens, keyHeads: 3, window: windows[1]! }, [windowed]);
    }
  });
}

Deno.test("attention: windows and shared keys give the reference's output and gradients as the device computes them", async () => {
  const one = { batch: 1, heads: 4, keyHeads: 2, queries: 150, keys: 150, window: { before: 20, after: 9 } };
  await compare({ ...one, headSize: 8 }, [undefined]);
});

Deno.test("attention: blocks of keys outside a window are not looked at", async () => {
  const tokens = 200,
    headSize = 8,
    count = tokens * headSize,
    seen = 100,
    layout = { batch: 0, head: 0, token: headSize };
  // A weight of 0 for NaN would still be NaN.
  const v = normals(count, 3).fill(NaN, seen * headSize), y = harness.output(count);
  attention(launcher, {
    ...{ batch: 1, heads: 1, queries: tokens, keys: tokens, headSize, scale: 1, window: { before: 4, after: 4 } },
    ...{ q: { slice: harness.upload(normals(count, 1)) }, k: { slice: harness.upload(normals(count, 2)) } },
    ...{ v: { slice: harness.upload(v) }, qLayout: layout, kvLayout: layout, yLayout: layout },
    ...{ y, statistics: harness.output(3 * tokens) },
  });
  const [found] = await harness.read(y);
  assert.ok(found.subarray(0, 64 * headSize).every(Number.isFinite));
  assert.ok(found.subarray(seen * headSize).every(Number.isNaN));
});

Deno.test("attention: queries whose window holds nothing but padding get numbers, and give numbers", async () => {
  const one = { batch: 2, heads: 2, queries: 40, keys: 40, headSize: 8, window: { before: 4, after: 4 }, masked: true };
  const { y, dq, dk, dv } = await run(one, undefined);
  assert.ok([y, dq, dk, dv].every((values) => values.every(Number.isFinite)));
});

Deno.test("attention: heads that do not share keys evenly, and a window over other keys than queries, are refused", () => {
  const slice = harness.upload([0, 0, 0, 0]), layout = { batch: 0, head: 0, token: 0 };
  const options = {
    ...{ batch: 1, heads: 3, queries: 1, keys: 1, headSize: 1, scale: 1, y: slice, statistics: slice },
    ...{ q: { slice }, k: { slice }, v: { slice }, qLayout: layout, kvLayout: layout, yLayout: layout },
  };
  assert.throws(
    () => attention(launcher, { ...options, keyHeads: 2 }),
    new ShapeError("attention: 3 heads of queries cannot share 2 heads of keys."),
  );
  assert.throws(
    () => attention(launcher, { ...options, keys: 2, window: { before: 1, after: 0 } }),
    new ShapeError("attention: a window needs as many keys as queries; 2 and 1 were found."),
  );
});

Deno.test("attention: more tokens than a GPU that is a CPU can loop over are refused, but not within a window", () => {
  const dispatched: string[] = [];
  const software: Launcher = {
    capabilities: { ...launcher.capabilities, software: true },
    dispatch: ({ label }) => void dispatched.push(label),
    scratch: launcher.scratch.bind(launcher),
    release: launcher.release.bind(launcher),
  };
  const slice = harness.upload([0, 0, 0, 0]), layout = { batch: 0, head: 0, token: 0 }, tokens = 20_000;
  const options = {
    ...{ batch: 1, heads: 2, keyHeads: 1, queries: tokens, keys: tokens, headSize: 256, scale: 1, y: slice, dy: slice },
    ...{ q: { slice }, k: { slice }, v: { slice }, qLayout: layout, kvLayout: layout, yLayout: layout },
    ...{ statistics: slice, gradient: slice, dq: 0, dk: 0, dv: 0 },
  };
  const message = /^attention among 20000 tokens by heads of 256 would loop \d+ times/;
  assert.throws(() => attention(software, options), { name: "ShapeError", message });
  assert.throws(() => attentionBackward(software, options), { name: "ShapeError", message });
  assert.deepEqual(dispatched, []);
  attention(software, { ...options, window: { before: 256, after: 256 } });
  assert.equal(dispatched.length, 1);
});

Deno.test("attention: short stacks of many sequences and heads fill many workgroups", async () => {
  const one = { batch: 65, heads: 5, queries: 8, keys: 8, headSize: 4 };
  await compare(one, [{ name: "short", queries: 8, keys: 8, width: 4 }]);
});

Deno.test("attention: sequences and heads that need a third dimension of the grid are all done, and none past the last", async () => {
  // That takes more than 65,535; two rows of three workgroups stand for it.
  const folded: Launcher = {
    capabilities: launcher.capabilities,
    dispatch: (kernel, bindings, values, [across, pairs]) =>
      launcher.dispatch(kernel, bindings, values, [across!, 3, Math.ceil(pairs! / 3)]),
    scratch: launcher.scratch.bind(launcher),
    release: launcher.release.bind(launcher),
  };
  const one = { batch: 5, heads: 1, queries: 9, keys: 10, headSize: 5 };
  await compare(one, variantsFor(one), folded);
});

Deno.test("attention: 513 tokens pass through many blocks", async () => {
  await compare({ batch: 1, heads: 2, queries: 513, keys: 513, headSize: 8, masked: true });
});

Deno.test("attention: scores of 80 and more neither overflow nor lose the small weights", async () => {
  for (const size of [30, 1e-4]) {
    await compare({ batch: 2, heads: 1, queries: 4, keys: 4, headSize: 8, size });
    await compare({ batch: 2, heads: 1, queries: 20, keys: 40, headSize: 8, size });
  }
  // Apart so far that to leave out the greatest overflows.
  await compare({ batch: 32, heads: 1, queries: 8, keys: 8, headSize: 8, size: 120 });
  await compare({ batch: 2, heads: 2, queries: 64, keys: 72, headSize: 8, size: 120 });
});

Deno.test("attention: dropout drops the same elements of the softmax on both ways and in every variant", async () => {
  const dropout = { probability: 0.3, draw: { seed: 5, step: 2, use: 1 } };
  await compare({ batch: 2, heads: 2, queries: 4, keys: 3, headSize: 8, dropout });
  await compare({ batch: 2, heads: 2, queries: 7, keys: 8, headSize: 5, dropout, masked: true });
  await compare({ batch: 1, heads: 2, queries: 37, keys: 45, headSize: 8, dropout });
});

Deno.test("attention: the reference's gradients equal central differences in float64", () => {
  const sizes = { batch: 2, heads: 1, queries: 3, keys: 4, headSize: 2, scale: 0.7 };
  const inputs = { q: normals(12, 1), k: normals(16, 2), v: normals(16, 3) }, dy = normals(12, 4);
  const rest = { ...sizes, keyPaddingMask: [0, 1, 0, 0, 1, 1, 1, 0], keep: normals(24, 5) };
  const found = attentionBackwardReference({ ...rest, ...inputs }, dy);
  for (const name of ["q", "k", "v"] as const) {
    const expected = numericalGradient(
      (at) => attentionReference({ ...rest, ...inputs, [name]: at }).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      inputs[name],
    );
    assertClose(found[`d${name}`], expected, { rtol: 1e-7, atol: 1e-8, what: name });
  }
});

Deno.test("attention: the same bits on every repeat", async () => {
  for (const [queries, keys] of [[4, 4], [40, 70]]) {
    const one = { batch: 2, heads: 2, queries: queries!, keys: keys!, headSize: 8 };
    const [first, second] = [await run(one, undefined), await run(one, undefined)];
    for (const name of ["y", "dq", "dk", "dv"] as const) assert.deepEqual(first[name], second[name]);
  }
});

Deno.test("attention: a size below 0 is refused", () => {
  const slice = harness.upload([0, 0, 0, 0]), layout = { batch: 0, head: 0, token: 0 };
  assert.throws(
    () =>
      attention(launcher, {
        ...{ batch: 1, heads: 1, queries: -1, keys: 1, headSize: 1, scale: 1, y: slice, statistics: slice },
        ...{ q: { slice }, k: { slice }, v: { slice }, qLayout: layout, kvLayout: layout, yLayout: layout },
      }),
    new ShapeError("attention: queries is -1; at least 1 is expected."),
  );
});

Deno.test("attention: the variant follows from the number of tokens and the device", () => {
  const device = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
  const named = (queries: number, keys: number, capabilities = device) => {
    const variant = chooseAttentionVariant({ queries, keys }, 4, capabilities);
    return variant.name === "short" ? "short" : variant.sharing;
  };
  assert.equal(named(8, 8), "short");
  assert.equal(named(9, 1), "broadcast");
  const shared = { queries: 8, keys: 8, heads: 4, keyHeads: 2 };
  assert.equal(chooseAttentionVariant(shared, 4, device).name, "streaming");
  const window = { before: 1, after: 1 };
  assert.deepEqual(chooseAttentionVariant({ queries: 8, keys: 8, window }, 4, device), {
    ...{ name: "streaming", lanes: 8, rows: 4, others: 32, width: 4, windowed: true, sharing: "broadcast" },
  });
  assert.equal(named(1, 9, { ...device, subgroupSize: 0 }), "load");
  assert.equal(named(128, 128, { ...device, software: false }), "workgroup");
});

Deno.test("attention: the streaming kernels' source is the pinned one", async () => {
  const pinned = new URL("./attention_streaming.snapshot.wgsl", import.meta.url);
  const source = streamingForwardSource({ lanes: 4, rows: 1, others: 4, width: 4, sharing: "broadcast" });
  assert.equal(source, await Deno.readTextFile(pinned));
});
