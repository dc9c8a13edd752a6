import assert from "node:assert/strict";
import { join } from "node:path";
import { expectTokens } from "../../../encoders/network/batch_plan.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { UsageError } from "../../../kernels/errors.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { assertClose } from "../../kernels/harness.ts";
import { withFolder } from "../../temporary.ts";
import { hiddenStates, pooled } from "./reference.ts";
import { families, writeHead, writeTinyEncoder } from "./tiny_encoder.ts";

const engine = await testEngine();
const texts = [
  "the answer is short",
  "a",
  "",
  "मस्ते ab?",
  "कக ab the is a answer ??? 中文 short",
  "\0 \ud800 the",
  "the answer is short ".repeat(5),
];
const tolerance = { rtol: 1e-5, atol: 1e-5 };

Deno.test("sentence encoder: rows of every family equal a float64 reference, whatever batch a text is in", async (t) => {
  for (const family of families) {
    await t.step(
      family,
      withFolder(async (folder) => {
        const weights = await writeTinyEncoder(folder, family);
        using encoder = await SentenceEncoder.open(engine, folder, { normalize: false });
        const rows = await encoder.encode(texts), { width } = encoder;
        const few = await SentenceEncoder.open(engine, folder, { normalize: false, memory: 1 });
        const alone = await few.encode(texts);
        few.dispose();
        texts.forEach((text, i) => {
          const expected = pooled(hiddenStates(family, weights, encoder.tokenize(text)), "mean");
          for (const found of [rows, alone]) {
            assertClose(found.subarray(i * width, (i + 1) * width), expected, tolerance);
          }
        });
      }),
    );
  }
});

Deno.test(
  "sentence encoder: pooling, dense layer, length 1 and limit are as sentence-transformers' files say",
  withFolder(async (folder) => {
    for (const [i, pooling] of (["cls", "max", "mean"] as const).entries()) {
      const below = join(folder, pooling);
      const weights = await writeTinyEncoder(below, "bert");
      const dense = { weight: uniforms(5 * 12, 1), bias: uniforms(5, 2) };
      await writeHead(below, {
        pooling: `${pooling}_token${i > 0 ? "s" : ""}` as "cls_token",
        dense,
        normalize: i > 0,
        maxTokens: 6,
      });
      using encoder = await SentenceEncoder.open(engine, below);
      assert.deepEqual([encoder.width, encoder.maxTokens], [5, 6]);
      const rows = await encoder.encode(texts);
      texts.forEach((text, row) => {
        const x = pooled(hiddenStates("bert", weights, encoder.tokenize(text)), pooling);
        const y = Float64Array.from(
          dense.bias,
          (bias, o) => Math.tanh(x.reduce((sum, v, j) => sum + v * dense.weight[o * 12 + j]!, bias)),
        );
        const length = i > 0 ? Math.hypot(...y) : 1;
        assertClose(rows.subarray(row * 5, row * 5 + 5), y.map((value) => value / length), tolerance);
      });
    }
  }),
);

const able = engine.capabilities.shaderF16;
Deno.test({
  name: `sentence encoder: in f16 rows are near those in f32, with another fingerprint${
    able ? "" : " (skipped: no shader-f16)"
  }`,
  ignore: !able,
  fn: withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    const opened = async (precision: "f32" | "f16") => await SentenceEncoder.open(engine, folder, { precision });
    using exact = await opened("f32");
    using rounded = await opened("f16");
    const [rows, near] = await Promise.all([exact, rounded].map((encoder) => encoder.encode(texts)));
    assertClose(near!, rows!, { rtol: 1e-2, atol: 2e-3 });
    assert.notDeepEqual(near, rows);
    assert.notEqual(exact.fingerprint, rounded.fingerprint);
  }),
});

Deno.test("sentence encoder: f16 is refused on a device without it", async () => {
  const without = await testEngine();
  Object.assign(without, { capabilities: { ...without.capabilities, shaderF16: false } });
  await assert.rejects(() => SentenceEncoder.open(without, "none", { precision: "f16" }), {
    name: "UsageError",
    message: /^Products in f16 were asked for, which .* does not have\.$/,
  });
});

Deno.test(
  "sentence encoder: repeated calls leave no memory behind, and after dispose nothing is left",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "xlm-roberta");
    const before = engine.pool.liveLabels().toSorted();
    const encoder = await SentenceEncoder.open(engine, folder);
    const open = engine.memory().liveSlices;
    for (let i = 0; i < 3; i++) {
      await encoder.encode([...texts, ...texts.slice(0, i)]);
      assert.equal(engine.memory().liveSlices, open);
    }
    encoder.dispose();
    assert.deepEqual(engine.pool.liveLabels().toSorted(), before);
  }),
);

Deno.test("sentence encoder: a text of more tokens than the device can bind is refused, with a limit that fits", () => {
  // 32 tokens of 64 numbers.
  const most = 4 * 64 * 32;
  expectTokens(32, 64, most);
  assert.throws(
    () => expectTokens(33, 64, most),
    new UsageError(
      "A text of 33 tokens takes 10,240 bytes, but this device binds at most 8,192 at once; with a limit of 32 tokens " +
        "(--max-tokens) it fits.",
    ),
  );
});
