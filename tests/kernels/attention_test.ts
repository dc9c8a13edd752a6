import assert from "node:assert/strict";
import { attention, chooseAttentionVariant } from "../../kernels/attention/attention.ts";
import { attentionBackwardReference, attentionReference } from "../../kernels/attention/attention.ref.ts";
import { streamingForwardSource } from "../../kernels/attention/streaming_source.ts";
import { ShapeError } from "../../kernels/errors.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, normals, numericalGradient } from "./harness.ts";
import { compare, harness, launcher, run, smallTiles, variantsFor } from "./attention_cases.ts";

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
