import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeSafetensors } from "../../../engine/files/write_safetensors.ts";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import type { EncoderNetwork } from "../../../encoders/network/network.ts";
import { SentenceEncoder, type SentenceEncoderOptions } from "../../../encoders/network/sentence_encoder.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { assertClose } from "../../kernels/harness.ts";
import { put, withFolder } from "../../temporary.ts";
import { hiddenStates, pooled } from "./reference.ts";
import { type TinyChanges, writeHead, writeTinyEncoder } from "./tiny_encoder.ts";

const engine = await testEngine();
const texts = ["the answer is short", "a ab"];

async function encode(folder: string, options: SentenceEncoderOptions = {}): Promise<Float32Array> {
  using encoder = await SentenceEncoder.open(engine, folder, options);
  return await encoder.encode(texts);
}

/** The same tensors as halves of either kind, rounded towards zero where they are cut. */
function halved(dtype: "F16" | "BF16") {
  return (tensors: Map<string, SafetensorsTensor>) => {
    for (const [name, { shape, data }] of tensors) {
      const values = data as Float32Array<ArrayBuffer>;
      const bits = dtype === "F16"
        ? new Uint16Array(new Float16Array(values).buffer)
        : Uint16Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length), (bits) => bits >>> 16);
      tensors.set(name, { dtype, shape, data: bits });
    }
  };
}

Deno.test(
  "encoder folder: half weights, weights in several files, prefixes and old names give what the plain file gives",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    const plain = await encode(folder);
    for (const [dtype, rtol] of [["F16", 1e-2], ["BF16", 5e-2]] as const) {
      await writeTinyEncoder(folder, "bert", { tensors: halved(dtype) });
      assertClose(await encode(folder), Float64Array.from(plain), { rtol, atol: rtol / 5 });
    }
    await writeTinyEncoder(folder, "bert", {
      prefix: "bert.",
      tensors(tensors) {
        for (const [name, tensor] of [...tensors]) {
          tensors.delete(name);
          tensors.set(
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
            tensor,
          );
        }
        // What the encoder has no use for.
        tensors.set("cls.predictions.bias", { dtype: "F32", shape: [1], data: Float32Array.of(1) });
        tensors.set("bert.embeddings.position_ids", { dtype: "I64", shape: [1], data: BigInt64Array.of(0n) });
      },
    });
    assert.deepEqual(await encode(folder), plain);
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    const halves = [0, 1].map((rest) => new Map([...tensors].filter((_, i) => i % 2 === rest)));
    const map: Record<string, string> = {};
    for (const [i, half] of halves.entries()) {
      const file = `model-0000${i + 1}-of-00002.safetensors`;
      for (const name of half.keys()) map[name] = file;
      await put(folder, file, encodeSafetensors(half));
    }
    await put(folder, "model.safetensors.index.json", JSON.stringify({ weight_map: map }));
    await Deno.remove(join(folder, "model.safetensors"));
    assert.deepEqual(await encode(folder), plain);
  }),
);

Deno.test(
  "encoder folder: the fingerprint changes with the weights, the settings and all else that a row depends on",
  withFolder(async (folder) => {
    const fingerprints = new Set<string>();
    const see = async (options: SentenceEncoderOptions = {}) => {
      using encoder = await SentenceEncoder.open(engine, folder, options);
      fingerprints.add(encoder.fingerprint);
    };
    const change = (tensors: Map<string, SafetensorsTensor>) =>
      (tensors.values().next().value!.data as Float32Array)[0]!++;
    await writeTinyEncoder(folder, "bert");
    await see();
    await see({ memory: 1 << 20 });
    assert.equal(fingerprints.size, 1);
    await see({ maxTokens: 8 });
    await see({ pooling: "cls" });
    await see({ normalize: false });
    await writeTinyEncoder(folder, "bert", { config: { layer_norm_eps: 1e-3 } });
    await see();
    await writeTinyEncoder(folder, "bert", { tensors: change });
    await see();
    await put(folder, "tokenizer_config.json", '{"remove_space": true}');
    await see();
    assert.equal(fingerprints.size, 7);
    assert.match([...fingerprints][0]!, /^[0-9a-f]{64}$/);
  }),
);

Deno.test("encoder folder: what cannot be used is refused in words, and nothing stays on the GPU", async (t) => {
  const before = engine.pool.liveLabels();
  const query = "encoder.layer.1.attention.self.query.weight";
  const cases: [what: string, changes: TinyChanges, message: RegExp, options?: SentenceEncoderOptions][] = [
    [
      "a tensor is missing",
      { tensors: (all) => all.delete(query) },
      /lacks "encoder\.layer\.1\.attention\.self\.query\.weight" \[12, 12\]\.$/,
    ],
    [
      "a tensor has another shape",
      { tensors: (all) => all.set(query, { dtype: "F32", shape: [2], data: new Float32Array(2) }) },
      /query\.weight" is \[2\], but config\.json calls for \[12, 12\]\.$/,
    ],
    [
      "the architecture is unknown",
      { config: { model_type: "t5" } },
      /has the model_type "t5"; known are bert, roberta, xlm-roberta, /,
    ],
    ["no architecture is named", { config: { model_type: undefined } }, /has the model_type missing; known are bert/],
    [
      "positions are relative",
      { config: { position_embedding_type: "relative_key" } },
      /"relative_key"; "absolute" is expected/,
    ],
    ["tokens see only those before them", { config: { is_decoder: true } }, /"is_decoder" is true; false or null is/],
    [
      "a size is no number",
      { config: { hidden_size: "big" } },
      /config\.json: "hidden_size" is "big"; an integer from 1 is expected\.$/,
    ],
    [
      "a size is missing",
      { config: { intermediate_size: undefined } },
      /"intermediate_size" is missing; an integer from 1/,
    ],
    [
      "the heads do not divide the width",
      { config: { num_attention_heads: 5 } },
      /a width of 12 cannot be divided into 5 heads/,
    ],
    ["the activation is unknown", { config: { hidden_act: "swish" } }, /"hidden_act" is "swish"; known are gelu, /],
    [
      "the activation is what every object has",
      { config: { hidden_act: "constructor" } },
      /config\.json: "hidden_act" is "constructor"; known are gelu, /,
    ],
    [
      "the tokenizer has more tokens",
      { config: { vocab_size: 20 } },
      /gives ".*" the number 20, but config\.json has a vocab_size of 20/,
    ],
    ["the padding is no token", { config: { pad_token_id: 99 } }, /pad_token_id is 99, but vocab_size is 22/],
    [
      "the limit is beyond the positions",
      {},
      /A limit of 41 tokens was asked for; .* takes an integer from 3 to 40\.$/,
      { maxTokens: 41 },
    ],
    ["the limit leaves no room", {}, /A limit of 2 tokens/, { maxTokens: 2 }],
  ];
  for (const [what, changes, message, options] of cases) {
    await t.step(
      what,
      withFolder(async (folder) => {
        await writeTinyEncoder(folder, "bert", changes);
        await assert.rejects(() => encode(folder, options), { message });
      }),
    );
  }
  await t.step(
    "distilbert's own names stand in the message",
    withFolder(async (folder) => {
      const name = "transformer.layer.0.ffn.lin2.bias";
      await writeTinyEncoder(folder, "distilbert", { tensors: (all) => all.delete(name) });
      await assert.rejects(() => encode(folder), {
        name: "DataError",
        message: /lacks "transformer\.layer\.0\.ffn\.lin2\.bias" \[12\]/,
      });
    }),
  );
  await t.step(
    "files are missing or damaged",
    withFolder(async (folder) => {
      await assert.rejects(() => encode(join(folder, "none")), {
        message: /config\.json does not exist; the settings of an encoder/,
      });
      await writeTinyEncoder(folder, "bert");
      await writeHead(folder, { pooling: "mean_tokens" });
      await put(folder, "1_Pooling/config.json", '{"pooling_mode_median_tokens": true}');
      await assert.rejects(() => encode(folder), {
        message: /asks for pooling_mode_median_tokens; known are pooling_/,
      });
      await put(folder, "1_Pooling/config.json", "{}");
      await put(folder, "modules.json", '[{"type": "sentence_transformers.models.CNN"}]');
      await assert.rejects(() => encode(folder), {
        message: /names the module "sentence_transformers\.models\.CNN"; known are/,
      });
      await Deno.remove(join(folder, "modules.json"));
      const weights = join(folder, "model.safetensors");
      await Deno.truncate(weights, 4000);
      await assert.rejects(() => encode(folder), { message: /model\.safetensors is truncated/ });
      await Deno.remove(weights);
      await assert.rejects(() => encode(folder), {
        message: /model\.safetensors does not exist; the weights of an encoder/,
      });
      await put(folder, "pytorch_model.bin", "");
      await assert.rejects(() => encode(folder), { message: /holds pytorch_model\.bin but no model\.safetensors/ });
      await put(folder, "model.safetensors.index.json", '{"weight_map": {"a": "../b"}}');
      await assert.rejects(() => encode(folder), { message: /index\.json is damaged: its weight_map/ });
      await assert.rejects(SentenceEncoder.open(engine, new URL("https://example.org/model/")), {
        name: "UsageError",
        message: /^https:\/\/example\.org\/model\/: only a browser opens an encoder at a URL; download/,
      });
      await put(folder, "config.json", "{");
      await assert.rejects(() => encode(folder), { message: /config\.json is no JSON file/ });
    }),
  );
  assert.deepEqual(engine.pool.liveLabels(), before);
});

Deno.test(
  "encoder folder: what is saved is read again, by its own architecture's names, with all else that was in the folder",
  withFolder(async (folder) => {
    const pooler: SafetensorsTensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
    const dense = { weight: uniforms(5 * 12, 1), bias: uniforms(5, 2) };
    for (const [family, prefix] of [["distilbert", ""], ["roberta", "roberta."], ["mpnet", "mpnet."]] as const) {
      const source = join(folder, family), target = `${source}-saved`;
      const tensors = (all: Map<string, SafetensorsTensor>) => void all.set("pooler.dense.bias", pooler);
      await writeTinyEncoder(source, family, { prefix, tensors, config: { torch_dtype: "float16" } });
      await writeHead(source, { pooling: "cls_token", dense, maxTokens: 9 });
      await put(source, "tokenizer_config.json", '{"model_max_length": 20}');
      await put(source, "README.md", "The card of another model.");
      const encoder = await SentenceEncoder.open(engine, pathToFileURL(source));
      const weight = (encoder.network.encoder as EncoderNetwork).embeddings.LayerNorm.weight,
        other = uniforms(weight.size, 9);
      weight.assign(other);
      const rows = await encoder.encode(texts);
      await encoder.save(target);
      await assert.rejects(() => encoder.save(source), { name: "UsageError", message: /name another/ });
      encoder.dispose();
      assert.deepEqual(await encode(target), rows);
      const [before, after] = await Promise.all(
        [source, target].map((one) => readSafetensors(join(one, "model.safetensors"))),
      );
      assert.deepEqual([...after!.tensors.keys()].toSorted(), [...before!.tensors.keys()].toSorted());
      assert.deepEqual(after!.tensors.get(`${prefix}embeddings.LayerNorm.weight`)!.data, other);
      assert.deepEqual(after!.tensors.get("pooler.dense.bias")!.data, pooler.data);
      assert.deepEqual({ ...after!.metadata }, { format: "pt" });
      assert.equal(JSON.parse(await Deno.readTextFile(join(target, "config.json"))).torch_dtype, "float32");
      const names = (await Array.fromAsync(Deno.readDir(target))).map(({ name }) => name).toSorted();
      assert.deepEqual(names, [
        ...["1_Pooling", "2_Dense", "config.json", "model.safetensors", "modules.json", "sentence_bert_config.json"],
        ...["tokenizer.json", "tokenizer_config.json"],
      ]);
    }
  }),
);

Deno.test(
  "encoder folder: the activation is the one that the settings name",
  withFolder(async (folder) => {
    for (const [name, activation] of [["gelu_new", "gelu_tanh"], ["relu", "relu"]] as const) {
      const weights = await writeTinyEncoder(folder, "bert", { activation: name });
      using encoder = await SentenceEncoder.open(engine, folder, { normalize: false });
      const expected = texts.map((text) => hiddenStates("bert", weights, encoder.tokenize(text), activation));
      const rows = expected.flatMap((hidden) => [...pooled(hidden, "mean")]);
      assertClose(await encoder.encode(texts), rows, { rtol: 1e-5, atol: 2e-5 });
    }
  }),
);
