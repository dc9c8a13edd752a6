import assert from "node:assert/strict";
import { backward } from "../../../engine/autograd.ts";
import { multipleNegativesRankingLoss } from "../../../engine/ops/metric_losses.ts";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import type { EncoderNetwork } from "../../../encoders/network/network.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { tokenBatch } from "../../../encoders/network/token_batch.ts";
import { testEngine } from "../../engine/harness.ts";
import { sharedPath } from "../../shared.ts";
import { realEncoder } from "./real_encoders.ts";

const folder = realEncoder("all-MiniLM-L6-v2"), fixture = sharedPath("fixtures/encoder/all-MiniLM-L6-v2.json");
const ignore = !folder || !fixture;
const why = "(skipped without the shared fixtures or the model in the cache)";

interface Fixture {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly tensors: Readonly<Record<string, unknown>>;
  readonly hidden_lengths: readonly number[];
  readonly mnr: {
    readonly pairs: readonly [string, string][];
    readonly scale: number;
    readonly loss: number;
    readonly word_ids: readonly number[];
  };
}

async function withReal(body: (encoder: SentenceEncoder, fixture: Fixture, numbers: Numbers) => Promise<void>) {
  const json: Fixture = JSON.parse(await Deno.readTextFile(fixture!));
  const { tensors } = await readSafetensors(fixture!.replace(".json", ".safetensors"));
  const numbers: Numbers = (name) => tensors.get(name)!.data as Float32Array;
  const engine = await testEngine();
  {
    using encoder = await SentenceEncoder.open(engine, folder!, { maxTokens: 128, normalize: false });
    await body(encoder, json, numbers);
  }
  await engine[Symbol.asyncDispose]();
}
type Numbers = (name: string) => Float32Array;

/** Fails unless numbers agree to one thousandth, and to one ten-thousandth of the greatest. */
function assertAgree(found: ArrayLike<number>, expected: ArrayLike<number>, what: string, scale?: number): void {
  assert.equal(found.length, expected.length, what);
  const atol = 1e-4 * (scale ?? Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    assert.ok(
      error <= 1e-3 * Math.abs(expected[i]!) + atol,
      `${what}, ${i}: ${expected[i]} expected, ${found[i]} found`,
    );
  }
}

Deno.test(
  `all-MiniLM-L6-v2: tokens, hidden states and rows are those of PyTorch ${why}`,
  { ignore },
  () =>
    withReal(async (encoder, { texts, hidden_lengths: lengths }, numbers) => {
      for (const { text, ids } of texts) assert.deepEqual(encoder.tokenize(text), ids);
      assertAgree(await encoder.encode(texts.map(({ text }) => text)), numbers("mean_pooled"), "mean");
      const { engine } = encoder.network.parameters()[0]!,
        { embeddings, encoder: { layer }, config } = encoder.network.encoder as EncoderNetwork;
      const states = engine.noGrad(() =>
        engine.scope(() => {
          const batch = tokenBatch(engine, texts.slice(0, 3).map(({ ids }) => ids), config);
          const states = [embeddings.forward(batch)];
          for (const one of layer) states.push(one.forward(states.at(-1)!, batch));
          return states;
        })
      );
      const tokens = states[0]!.shape[1]!, width = encoder.width;
      for (const [i, state] of states.entries()) {
        const found = await state.data(), expected = numbers(`hidden.${i}`), longest = Math.max(...lengths);
        lengths.forEach((length, text) => {
          const of = (all: Float32Array, row: number) => all.subarray(row * width, (row + length) * width);
          assertAgree(of(found, text * tokens), of(expected, text * longest), `hidden states ${i} of text ${text}`);
        });
      }
      for (const state of states) state.dispose();
    }),
);

Deno.test(
  `all-MiniLM-L6-v2: loss and gradients of a contrastive batch are those of PyTorch ${why}`,
  { ignore },
  () =>
    withReal(async (encoder, { tensors, mnr: { pairs, scale, loss: expectedLoss, word_ids: words } }, numbers) => {
      const parameters = encoder.network.encoder.namedParameters(), { width } = encoder;
      const { engine } = encoder.network.parameters()[0]!;
      const loss = await engine.step(() => {
        const side = (i: 0 | 1) => encoder.forward(pairs.map((pair) => encoder.tokenize(pair[i])));
        const loss = multipleNegativesRankingLoss({ anchor: side(0), positive: side(1) }, { scale });
        backward(loss);
        return loss;
      });
      assertAgree([await loss.item()], [expectedLoss], "loss");
      loss.dispose();
      const table = await parameters.get("embeddings.word_embeddings.weight")!.grad.data();
      const rows = new Map(words.map((id, i) => [id, i])), used = numbers("mnr.grad.embeddings.word_embeddings.used");
      table.forEach((value, at) => {
        if (!rows.has(Math.floor(at / width))) assert.equal(value, 0);
      });
      assertAgree(words.flatMap((id) => [...table.subarray(id * width, (id + 1) * width)]), used, "words");
      const named = Object.keys(tensors).filter((name) => /^mnr.grad.*(weight|bias)$/.test(name));
      assert.ok(named.length > 20);
      for (const name of named) {
        const expected = numbers(name), path = name.slice("mnr.grad.".length);
        // The first rows are compared. In theory the gradient of a key's bias is zero.
        const found = (await parameters.get(path)!.grad.data()).subarray(0, expected.length);
        assertAgree(found, expected, path, path.endsWith("key.bias") ? 1 : undefined);
      }
    }),
);
