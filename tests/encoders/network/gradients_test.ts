import assert from "node:assert/strict";
import { backward } from "../../../engine/autograd.ts";
import { tensorName } from "../../../encoders/network/architectures.ts";
import type { EncoderNetwork } from "../../../encoders/network/network.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";
import { hiddenStates, pooled, type ReferenceWeights } from "./reference.ts";
import { families, writeHead, writeTinyEncoder } from "./tiny_encoder.ts";

const engine = await testEngine();
/** Takes its device for one that binds 1 KiB: a table of 40 positions lies in two buffers. */
const small = await testEngine();
Object.assign(small, { capabilities: { ...small.capabilities, maxBindingSize: 1024 } });

const texts = ["the answer is short", "ab க ?"];
const poolings = { bert: "mean", roberta: "cls", "xlm-roberta": "max", distilbert: "mean", mpnet: "cls" } as const;
/** Elements of each parameter that are compared. */
const samples = 2;
const step = 1e-5;

Deno.test("sentence encoder: gradients of all parameters equal differences of the float64 reference", async (t) => {
  for (const family of families) {
    const pooling = poolings[family];
    await t.step(
      `${family}, ${pooling}`,
      withFolder(async (folder) => {
        const weights = await writeTinyEncoder(folder, family);
        await writeHead(folder, { pooling: pooling === "cls" ? "cls_token" : `${pooling}_tokens` });
        using encoder = await SentenceEncoder.open(engine, folder);
        const found = await gradients(encoder), sequences = texts.map((text) => encoder.tokenize(text));
        const loss = (at: ReferenceWeights) => {
          const rows = sequences.flatMap((ids) => [...pooled(hiddenStates(family, at, ids), pooling)]);
          return rows.reduce((sum, value, j) => sum + value * upstream[j]!, 0);
        };
        for (const [path, gradient] of found) {
          const name = tensorName((encoder.network.encoder as EncoderNetwork).config.architecture, path);
          const scale = Math.max(1e-2, ...gradient.map(Math.abs));
          for (const at of indicesOf(gradient)) {
            const expected = difference(weights, name, at, loss);
            const error = Math.abs(gradient[at]! - expected);
            assert.ok(error <= 1e-4 * scale, `${name}, element ${at}: ${expected} expected, ${gradient[at]} found`);
          }
        }
        assert.equal(found.size, weights.size);
      }),
    );
  }
});

Deno.test(
  "sentence encoder: rows and gradients are the same where tables and weights lie in several buffers",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "xlm-roberta");
    using encoder = await SentenceEncoder.open(engine, folder);
    using sharded = await SentenceEncoder.open(small, folder);
    const table = (sharded.network.encoder as EncoderNetwork).embeddings.position_embeddings.weight;
    assert.ok(table.slices.length > 1);
    const [whole, parts] = await Promise.all([encoder, sharded].map((one) => one.encode(texts)));
    assert.deepEqual(parts, whole);
    assert.deepEqual(await gradients(sharded), await gradients(encoder));
  }),
);

const upstream = uniforms(texts.length * 12, 3);

/** Gradients of <upstream, rows> by path. */
async function gradients(encoder: SentenceEncoder): Promise<Map<string, Float32Array>> {
  const parameters = encoder.network.encoder.namedParameters();
  const { engine } = parameters.values().next().value!;
  await engine.step(() => {
    for (const parameter of parameters.values()) parameter.zeroGrad();
    const rows = encoder.forward(texts.map((text) => encoder.tokenize(text)));
    backward(rows, engine.tensor(rows.shape, upstream));
  });
  const found = new Map<string, Float32Array>();
  for (const [path, parameter] of parameters) found.set(path, await parameter.grad.data());
  return found;
}

/** Elements spread over a gradient, the greatest among them. */
function indicesOf(gradient: Float32Array): number[] {
  const greatest = gradient.reduce((most, value, i) => Math.abs(value) > Math.abs(gradient[most]!) ? i : most, 0);
  return [greatest, ...Array.from({ length: samples - 1 }, (_, i) => (i * 7919 + 3) % gradient.length)];
}

function difference(
  weights: ReferenceWeights,
  name: string,
  at: number,
  loss: (weights: ReferenceWeights) => number,
): number {
  const moved = (by: number) => {
    const data = Float64Array.from(weights.get(name)!.data);
    data[at]! += by;
    return loss(new Map<string, { data: Float32Array | Float64Array }>([...weights, [name, { data }]]));
  };
  return (moved(step) - moved(-step)) / (2 * step);
}
