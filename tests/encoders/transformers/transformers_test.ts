import assert from "node:assert/strict";
import { join } from "node:path";
import type { EncodingOptions } from "../../../encoders/encoder.ts";
import { applyModules, loadModules } from "../../../encoders/transformers/apply_modules.ts";
import { type PoolingMode, poolingModes } from "../../../encoders/model_folder/pooling.ts";
import {
  missingModuleFiles,
  openTransformers,
  type TransformersJs,
} from "../../../encoders/transformers/transformers.ts";
import { encodeSafetensors } from "../../../engine/files/write_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import { encodingOptions } from "../../fake_encoder.ts";
import { put, withFolder } from "../../temporary.ts";

/** The token that ends every text. */
const end = 30;

/** A tokenizer of one token a character, whose number is the character's, and one at the end. */
const characters = {
  added_tokens: [{ id: end, content: "<end>", special: true, normalized: false }],
  model: {
    type: "BPE",
    vocab: Object.fromEntries(Array.from("abcdefg ", (character) => [character, character.charCodeAt(0)])),
    merges: [],
  },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "<end>", type_id: 0 } }],
    special_tokens: { "<end>": { id: "<end>", ids: [end], tokens: ["<end>"] } },
  },
};

/** A Hugging Face folder as far as it is read before anything is encoded. */
async function writeModel(folder: string, further: Readonly<Record<string, string>> = {}): Promise<void> {
  await Deno.mkdir(join(folder, "onnx"));
  const files = {
    "config.json": '{"model_type": "bert", "hidden_size": 2, "max_position_embeddings": 16}',
    "tokenizer.json": JSON.stringify(characters),
    "tokenizer_config.json": '{"model_max_length": 1e30}',
    "onnx/model_quantized.onnx": "weights",
    ...further,
  };
  for (const [name, content] of Object.entries(files)) await put(folder, name, content);
}

/** transformers.js with a model that makes of each token its number and its place. */
function fakePackage(calls: object[], width = 2): TransformersJs {
  return {
    env: { allowRemoteModels: true, logLevel: 0 },
    Tensor: class {
      constructor(readonly type: string, readonly data: BigInt64Array, readonly dims: readonly number[]) {}
    },
    AutoModel: {
      from_pretrained: (folder, options) => {
        calls.push({ model: folder, options });
        const model = (
          inputs: Readonly<Record<string, { dims: readonly number[]; data: ArrayLike<number | bigint> }>>,
        ) => {
          calls.push({ inputs });
          const { input_ids } = inputs;
          const ids = Array.from(input_ids!.data, Number), [, tokens] = input_ids!.dims as [number, number];
          // What stands for a filled-up place must not be looked at.
          const data = Float32Array.from(ids.flatMap((id, i) => [id || NaN, i % tokens]));
          return Promise.resolve({ last_hidden_state: { dims: [...input_ids!.dims, width], data } });
        };
        return Promise.resolve(
          Object.assign(model, { dispose: () => Promise.resolve(calls.push({ disposed: true })) }),
        );
      },
    },
  };
}

Deno.test(
  "transformers: the package is loaded for the first text, told to stay off the network, and closed",
  withFolder(async (folder) => {
    await writeModel(folder);
    const calls: object[] = [], fake = fakePackage(calls);
    let loaded = 0;
    const load = () => {
      loaded++;
      return Promise.resolve(fake);
    };
    {
      await using encoder = await openTransformers(
        folder,
        { ...encodingOptions, normalize: false, maxTokens: 8 },
        load,
      );
      assert.deepEqual([encoder.dimension, encoder.maxTokens, encoder.batchSize, loaded], [2, 8, 4, 0]);
      assert.deepEqual(await encoder.encode(["ac", "b"]), Float32Array.of((97 + 99 + end) / 3, 1, (98 + end) / 2, 0.5));
      await encoder.encode(["a"]);
    }
    assert.equal(loaded, 1);
    assert.equal(fake.env.allowRemoteModels, false);
    assert.deepEqual(calls.filter((call) => !("inputs" in call)), [
      { model: folder, options: { local_files_only: true, dtype: "q8", device: "cpu" } },
      { disposed: true },
    ]);
    const [{ inputs }] = calls.filter((call) => "inputs" in call) as [
      { inputs: Record<"input_ids" | "attention_mask", { dims: number[]; data: BigInt64Array }> },
    ];
    assert.deepEqual([inputs.input_ids.dims, [...inputs.input_ids.data].map(Number)], [[2, 3], [
      97,
      99,
      end,
      98,
      end,
      0,
    ]]);
    assert.deepEqual([...inputs.attention_mask.data].map(Number), [1, 1, 1, 1, 1, 0]);
  }),
);

/** Of the tokens (3, 4), (1, 0) and (2, 5), by hand. */
const pooledByHand: Readonly<Record<PoolingMode, readonly [all: number[], behindOne: number[]]>> = {
  cls: [[3, 4], [1, 0]],
  max: [[3, 5], [2, 5]],
  mean: [[2, 3], [1.5, 2.5]],
  mean_sqrt_len_tokens: [[6 / Math.sqrt(3), 9 / Math.sqrt(3)], [3 / Math.SQRT2, 5 / Math.SQRT2]],
  weightedmean: [[11 / 6, 19 / 6], [8 / 5, 3]],
  lasttoken: [[2, 5], [2, 5]],
};

Deno.test("transformers: tokens are pooled in every way, with the prompt or without it, and modules follow in order", async () => {
  const tokens = [[3, 4], [1, 0], [2, 5]].map((values) => Float64Array.from(values));
  const rounded = (values: Iterable<number>) => [...values].map((value) => Number(value.toFixed(9)));
  for (const mode of poolingModes) {
    const [all, behindOne] = pooledByHand[mode];
    for (const [includePrompt, expected] of [[true, all], [false, behindOne]] as const) {
      const pooling = { kind: "pooling", modes: [mode], includePrompt } as const;
      assert.deepEqual(rounded(applyModules([pooling], tokens, 1)), rounded(expected), mode);
    }
  }
  const modules = await loadModules([
    { kind: "normalize" },
    { kind: "pooling", modes: ["lasttoken", "cls"], includePrompt: true },
    { kind: "normalize" },
  ]);
  const length = Math.sqrt(29);
  const expected = [2 / length, 5 / length, 0.6, 0.8].map((value) => value / Math.SQRT2);
  assert.deepEqual(rounded(applyModules(modules, tokens, 0)), rounded(expected));
});

Deno.test(
  "transformers: the fingerprint tells weights, tokenizers, pooling and limits apart, not where the folder is",
  withFolder(async (folder) => {
    let number = 0;
    const fingerprint = async (
      files: Readonly<Record<string, string>> = {},
      options: Partial<EncodingOptions> = {},
    ) => {
      const path = join(folder, String(number++));
      await Deno.mkdir(path);
      await writeModel(path, files);
      return (await openTransformers(path, { ...encodingOptions, ...options })).fingerprint;
    };
    const same = await fingerprint();
    assert.match(same, /^[0-9a-f]{64}$/);
    assert.equal(
      await fingerprint({ "README.md": "other" }, { batchSize: 9, device: "webgpu", pooling: "auto" }),
      same,
    );
    const others = [
      await fingerprint({ "onnx/model_quantized.onnx": "other weights" }),
      await fingerprint({ "onnx/model.onnx": "weights" }),
      await fingerprint({ "tokenizer.json": "{ }" }),
      await fingerprint({}, { pooling: "cls" }),
      await fingerprint({}, { normalize: false }),
      await fingerprint({}, { maxTokens: 5 }),
    ];
    assert.equal(new Set([same, ...others]).size, 7);
  }),
);

Deno.test(
  "transformers: the limit of tokens is what the files name within the positions, and no more can be asked for",
  withFolder(async (folder) => {
    await writeModel(folder);
    const limit = async (asked: number | null = null) =>
      (await openTransformers(folder, { ...encodingOptions, maxTokens: asked })).maxTokens;
    assert.equal(await limit(), 16);
    await put(folder, "config.json", '{"model_type": "xlm-roberta", "hidden_size": 2, "max_position_embeddings": 16}');
    assert.equal(await limit(), 14);
    await put(folder, "sentence_bert_config.json", '{"max_seq_length": 10}');
    assert.equal(await limit(), 10);
    assert.equal(await limit(7), 7);
    await assert.rejects(limit(11), /takes 10 tokens of a text; 11 are asked for\.$/);
  }),
);

Deno.test(
  "transformers: tokens are pooled as the folder says, unless told otherwise",
  withFolder(async (folder) => {
    await writeModel(folder);
    await Deno.mkdir(join(folder, "1_Pooling"));
    await put(folder, "1_Pooling/config.json", '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}');
    const encode = async (pooling: EncodingOptions["pooling"]) => {
      const options = { ...encodingOptions, normalize: false, pooling };
      return await (await openTransformers(folder, options, () => Promise.resolve(fakePackage([])))).encode(["ac"]);
    };
    assert.deepEqual(await encode("auto"), Float32Array.of(97, 0));
    assert.deepEqual(await encode("mean"), Float32Array.of((97 + 99 + end) / 3, 1));
  }),
);

Deno.test(
  "transformers: dense layers, a prompt and small letters are applied as the folder says",
  withFolder(async (folder) => {
    const type = (kind: string) => `sentence_transformers.models.${kind}`;
    await writeModel(folder, {
      "modules.json": JSON.stringify([
        { type: type("Transformer"), path: "" },
        { type: type("Pooling"), path: "1_Pooling" },
        { type: type("Dense"), path: "2_Dense" },
        { type: type("Normalize"), path: "3_Normalize" },
      ]),
      "config_sentence_transformers.json": '{"prompts": {"query": "ab"}, "default_prompt_name": "query"}',
      "sentence_distilbert_config.json": '{"max_seq_length": 4, "do_lower_case": true}',
    });
    assert.deepEqual(await missingModuleFiles(folder), {
      required: ["1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"],
      optional: ["3_Normalize/config.json"],
    });
    for (const name of ["1_Pooling", "2_Dense"]) await Deno.mkdir(join(folder, name));
    await put(folder, "1_Pooling/config.json", '{"pooling_mode": ["lasttoken", "cls"], "include_prompt": false}');
    const activation_function = "torch.nn.modules.activation.ReLU";
    const sizes = { in_features: 4, out_features: 2, bias: true, use_residual: true };
    await put(folder, "2_Dense/config.json", JSON.stringify({ ...sizes, activation_function }));
    const tensors = new Map<string, SafetensorsTensor>([
      ["linear.weight", { dtype: "F32", shape: [2, 4], data: Float32Array.of(1, 0, 0, 0, 0, 0, 1, -100) }],
      ["linear.bias", { dtype: "F32", shape: [2], data: Float32Array.of(2, 1) }],
      ["residual.weight", { dtype: "F32", shape: [2, 4], data: Float32Array.of(0, 1, 0, 0, 0, 0, 0, 1) }],
    ]);
    await put(folder, "2_Dense/model.safetensors", encodeSafetensors(tensors));
    const notes: string[] = [];
    const open = (options: Partial<EncodingOptions>) => {
      const load = () => Promise.resolve(fakePackage([]));
      const asked = { ...encodingOptions, pooling: "auto", ...options } as const;
      return openTransformers(folder, asked, load, (note) => notes.push(note));
    };
    const encoder = await open({ normalize: false });
    assert.deepEqual([encoder.dimension, encoder.maxTokens], [2, 4]);
    // "abC" is a, b, c and the end; behind the prompt stand c at place 2 and the end at place 3.
    assert.deepEqual(await encoder.encode(["C"]), Float32Array.of(end + 2 + 3, 0 + 2));
    assert.deepEqual(notes, [
      `transformers:${folder} puts "ab" before each text, the default prompt of its config_sentence_transformers.json; ` +
      "--prefix replaces it.",
    ]);
    const row = await (await open({ normalize: true })).encode(["C"]);
    assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6);
    const fingerprints = [encoder, await open({ normalize: true }), await open({ normalize: false, prefix: "ab" })];
    tensors.set("linear.bias", { dtype: "F32", shape: [2], data: Float32Array.of(2, 2) });
    await put(folder, "2_Dense/model.safetensors", encodeSafetensors(tensors));
    fingerprints.push(await open({ normalize: false }));
    assert.equal(new Set(fingerprints.map(({ fingerprint }) => fingerprint)).size, 4);
    tensors.delete("residual.weight");
    await put(folder, "2_Dense/model.safetensors", encodeSafetensors(tensors));
    await assert.rejects((await open({})).encode(["C"]), /model\.safetensors lacks "residual\.weight" \[2, 4\]\.$/);
  }),
);

Deno.test(
  "transformers: a text that is cut keeps the token that ends it, shorter ones beside it are as they were",
  withFolder(async (folder) => {
    await writeModel(folder);
    const options = { ...encodingOptions, normalize: false, maxTokens: 3 };
    const encoder = await openTransformers(folder, options, () => Promise.resolve(fakePackage([])));
    const mean = (
      ...codes: number[]
    ) => [codes.reduce((sum, code) => sum + code) / codes.length, (codes.length - 1) / 2];
    const expected = [mean(97, 98, end), mean(97, 98, end), mean(97, end)].flat();
    assert.deepEqual(await encoder.encode(["abcdefg", "ab", "a"]), Float32Array.from(expected));
  }),
);

Deno.test("transformers: the package's own file of versions has the project's for all else", async () => {
  const importsOf = async (path: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`../../../${path}`, import.meta.url))).imports as Record<string, string>;
  const { "@huggingface/transformers": own, ...shared } = await importsOf("encoders/transformers_js/deno.json");
  assert.match(own!, /^npm:@huggingface\/transformers@\d+\.\d+\.\d+$/);
  const project = await importsOf("deno.json");
  for (const [name, specifier] of Object.entries(shared)) assert.equal(specifier, project[name], name);
});

Deno.test(
  "transformers: folders without weights, without a config, and models that are nowhere are told in a sentence",
  withFolder(async (folder) => {
    const refused = (message: RegExp, model = folder, options: Partial<EncodingOptions> = {}) =>
      assert.rejects(openTransformers(model, { ...encodingOptions, ...options }), { message });
    await put(folder, "README.md", "");
    await refused(/config\.json does not exist; the config\.json of an encoder is expected there\.$/);
    await writeModel(folder);
    await refused(/onnx holds no model_fp16\.onnx; the weights of an encoder are expected there\.$/, folder, {
      dtype: "fp16",
    });
    await Deno.remove(join(folder, "onnx/model_quantized.onnx"));
    await refused(
      /onnx holds no model\.onnx or model_fp16\.onnx or model_quantized\.onnx or model_q4\.onnx; the weights/,
    );
    await put(folder, "config.json", "{}");
    await refused(/config\.json has no hidden_size; the config of a text encoder is expected\.$/);
    await put(folder, "config.json", "{");
    await refused(/config\.json is no JSON file; the config\.json of an encoder is expected\.$/);
    await refused(/^"nowhere" is neither a folder nor the name of a model, owner\/name\.$/, "nowhere");
    await refused(/^The encoder a\/b is not on this machine; fetch it first: deno task download a\/b$/, "a/b");
  }),
);

Deno.test(
  "transformers: without the package, and for a model of another width, the message says what to do",
  withFolder(async (folder) => {
    await writeModel(folder);
    const bare = await openTransformers(folder, encodingOptions);
    await assert.rejects(bare.encode(["a"]), {
      name: "MetrogradError",
      message: /^There are texts to encode, and transformers\.js is not at hand: "deno task onnx COMMAND \.\.\." is/,
    });
    const wide = await openTransformers(folder, encodingOptions, () => Promise.resolve(fakePackage([], 3)));
    await assert.rejects(
      wide.encode(["a"]),
      /gives last_hidden_state \[1, 2, 3\]; last_hidden_state of width 2 is expected/,
    );
    const broken = await openTransformers(folder, encodingOptions, () =>
      Promise.resolve({
        ...fakePackage([]),
        AutoModel: { from_pretrained: () => Promise.reject(new Error("Load model failed.\nmore")) },
      }));
    await assert.rejects(broken.encode(["a"]), /could not be opened by transformers\.js: Load model failed\.$/);
    await broken[Symbol.asyncDispose]();
  }),
);
