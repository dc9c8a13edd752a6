import assert from "node:assert/strict";
import { GradScaler } from "../../../engine/optim/grad_scaler.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import type { SentenceBatch } from "../../../encoders/network/sentence_network.ts";
import { rowsOf } from "../../../encoders/finetune/batch_rows.ts";
import { ChunkedBackward } from "../../../encoders/finetune/chunked_backward.ts";
import { batchLoss } from "../../../encoders/finetune/losses.ts";
import type { PairBatch } from "../../../encoders/finetune/pairs.ts";
import { finetuneLosses } from "../../../encoders/finetune/settings.ts";
import { testEngine } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";
import { writeTinyEncoder } from "../network/tiny_encoder.ts";

const engine = await testEngine();

const texts = ["the answer is short", "a b c", "short", "the ? c b a b c a", "answer"];
const batch: PairBatch = {
  kind: "texts",
  pairs: texts.map((text, i) => ({
    anchor: text,
    positive: text,
    negative: texts[(i + 2) % texts.length]!,
    fits: (other) => other === text,
  })),
};

/** The loss and the gradients of all parameters by path. */
async function gradients(
  encoder: SentenceEncoder,
  loss: typeof finetuneLosses[number],
  chunks: readonly (readonly number[])[],
  cached: boolean,
  scaler: GradScaler | null = null,
) {
  const rows = rowsOf(batch, loss), parameters = encoder.network.namedParameters();
  for (const parameter of parameters.values()) parameter.zeroGrad();
  using chunked = new ChunkedBackward(engine, (sent: SentenceBatch) => encoder.network.forward(sent), {
    mixed: scaler !== null,
  });
  const value = await chunked.run({
    chunks,
    cached,
    scaler,
    firstDraw: 40,
    send: (picked) => encoder.batch(picked.map((row) => encoder.tokenize(rows.texts[row]!))),
    loss: (pick) => batchLoss(engine, rows, pick, { loss, scale: 20, margin: 0.5 }),
  });
  const found = new Map<string, Float32Array>([["loss", await value.data()]]);
  value.dispose();
  for (const [path, parameter] of parameters) found.set(path, await parameter.grad.data());
  return found;
}

function assertEqual(
  found: Map<string, Float32Array>,
  expected: Map<string, Float32Array>,
  tolerance = 1e-5,
  factor = 1,
) {
  for (const [path, values] of expected) {
    const scale = Math.max(1e-3, ...values.map(Math.abs));
    values.forEach((value, i) => {
      const error = Math.abs(found.get(path)![i]! / (path === "loss" ? 1 : factor) - value);
      assert.ok(error <= tolerance * scale, `${path}, ${i}: ${value} expected, ${found.get(path)![i]} found`);
    });
  }
}

/** Rows of the batch (anchors, positives, negatives) in pieces, not in their order. */
const pieces = [[9, 0, 3], [1, 2, 8, 7], [6, 4, 5]];

Deno.test(
  "chunked backward: with dropout the gradients of every loss are those of all chunks on one tape",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    using encoder = await SentenceEncoder.open(engine, folder);
    encoder.network.train();
    for (const loss of finetuneLosses) {
      const cached = await gradients(encoder, loss, pieces, true);
      assertEqual(cached, await gradients(encoder, loss, pieces, false));
      assert.ok(cached.get("loss")![0]! > 0);
      assert.deepEqual(await gradients(encoder, loss, pieces, true), cached);
    }
  }),
);

Deno.test(
  "chunked backward: without dropout they are those of the whole batch at once",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    using encoder = await SentenceEncoder.open(engine, folder);
    assertEqual(
      await gradients(encoder, "mnr", pieces, true),
      await gradients(encoder, "mnr", [pieces.flat().sort((a, b) => a - b)], false),
    );
  }),
);

Deno.test({
  name: "chunked backward: in mixed precision they are those of f32 times the scale, to f16's digits",
  ignore: !engine.capabilities.shaderF16,
  fn: withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    using encoder = await SentenceEncoder.open(engine, folder);
    const scaler = new GradScaler(engine, { initScale: 256 });
    const exact = await gradients(encoder, "mnr", pieces, true);
    const mixed = await gradients(encoder, "mnr", pieces, true, scaler);
    assertEqual(mixed, exact, 0.02, 256);
    assert.notDeepEqual(mixed.get("loss"), exact.get("loss"));
    assertEqual(mixed, await gradients(encoder, "mnr", pieces, false, scaler), 1e-2);
    scaler.dispose();
  }),
});

Deno.test(
  "chunked backward: two views of a text differ while training",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    using encoder = await SentenceEncoder.open(engine, folder);
    const mnr = async () =>
      (await gradients(encoder, "cosine", [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], true)).get("loss")![0]!;
    const still = await mnr();
    encoder.network.train();
    assert.notEqual(await mnr(), still);
  }),
);
