import assert from "node:assert/strict";
import { attention, attentionBackward } from "../../kernels/attention/attention.ts";
import type { AttentionWindow } from "../../kernels/attention/interface.ts";
import { ShapeError } from "../../kernels/errors.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { normals } from "./harness.ts";
import { compare, harness, launcher, run, smallTiles } from "./attention_cases.ts";

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
  const one = { batch: 2, heads: 4, keyHeads: 2, queries: 150, keys: 150 };
  // Heads of whole vectors and others, which have kernels of their own.
  for (const headSize of [8, 5]) {
    await compare({ ...one, headSize, window: { before: 20, after: 9 } }, [undefined]);
    // Each query sees a key that is no padding.
    await compare({ ...one, headSize, masked: true, window: { before: 149, after: 149 } }, [undefined]);
    await compare({ ...one, headSize, masked: true }, [undefined]);
  }
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
