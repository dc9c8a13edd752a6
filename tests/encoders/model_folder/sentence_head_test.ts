import assert from "node:assert/strict";
import { join } from "node:path";
import { readModelFolder } from "../../../encoders/model_folder/model_folder.ts";
import { type PoolingMode, poolingModes } from "../../../encoders/model_folder/pooling.ts";
import { denseOf, poolingOf, readSentenceHead } from "../../../encoders/model_folder/sentence_head.ts";
import { transformerSettingsFiles } from "../../../encoders/model_folder/transformer_settings.ts";
import { put, withFolder } from "../../temporary.ts";

const transformer = { type: "sentence_transformers.models.Transformer", path: "" };
const module = (kind: string, path = kind) => ({ type: `sentence_transformers.models.${kind}`, path });

async function write(folder: string, modules: unknown, configs: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await put(folder, "modules.json", JSON.stringify(modules));
  for (const [name, config] of Object.entries(configs)) {
    await Deno.mkdir(join(folder, name), { recursive: true });
    await put(folder, join(name, "config.json"), JSON.stringify(config));
  }
}

const newTypes = [
  { idx: 0, name: "0", path: "", type: "sentence_transformers.base.modules.transformer.Transformer" },
  { idx: 1, name: "1", path: "Pooling", type: "sentence_transformers.sentence_transformer.modules.pooling.Pooling" },
];

Deno.test(
  "sentence head: poolings are read from switches and from names, for either kind of encoder",
  withFolder(async (folder) => {
    await put(folder, "config.json", '{"model_type": "bert", "hidden_size": 4}');
    const modesOf = async (config: object, modules: unknown = newTypes) => {
      await write(folder, modules, { Pooling: config });
      const { pooling, dimension } = await readModelFolder(folder, null);
      assert.equal(dimension, 4 * pooling.length);
      assert.deepEqual(poolingOf(await readSentenceHead(folder)).modes, pooling);
      return pooling;
    };
    const suffixes: Partial<Record<PoolingMode, string>> = { lasttoken: "", mean_sqrt_len_tokens: "", cls: "_token" };
    for (const mode of poolingModes) {
      assert.deepEqual(await modesOf({ embedding_dimension: 4, pooling_mode: mode }), [mode]);
      assert.deepEqual(await modesOf({ pooling_mode: [mode, "mean"], include_prompt: true }), [mode, "mean"]);
      const old = { word_embedding_dimension: 4, [`pooling_mode_${mode}${suffixes[mode] ?? "_tokens"}`]: true };
      assert.deepEqual(await modesOf(old, [transformer, module("Pooling")]), [mode]);
      // What is switched off with a name beside it has no say.
      assert.deepEqual(await modesOf({ ...old, pooling_mode: "cls" }), ["cls"]);
    }
    const several = { pooling_mode_lasttoken: true, pooling_mode_mean_tokens: true, pooling_mode_cls_token: true };
    assert.deepEqual(await modesOf(several), ["cls", "mean", "lasttoken"]);
    for (const nothing of [{}, { pooling_mode_mean_tokens: false, pooling_mode_cls_token: false }]) {
      assert.deepEqual(await modesOf(nothing), ["mean"]);
    }
  }),
);

Deno.test(
  "sentence head: modules stay in order, those of tokens before the pooling, and what has no effect falls away",
  withFolder(async (folder) => {
    const dense = (from: number, out: number, more: object = {}) => ({ in_features: from, out_features: out, ...more });
    const tokens = { module_input_name: "token_embeddings" };
    await write(folder, [
      transformer,
      module("Dense", "a"),
      module("Normalize", "b"),
      module("Pooling", "first"),
      module("Dense", "lost"),
      module("Pooling", "second"),
      module("Normalize", "c"),
      module("Dense", "d"),
      module("Normalize", "lost too"),
    ], {
      a: dense(4, 6, { ...tokens, activation_function: "torch.nn.modules.linear.Identity" }),
      b: { ...tokens, module_output_name: "token_embeddings" },
      first: { pooling_mode: "cls" },
      lost: dense(6, 9),
      second: { pooling_mode: ["max", "cls"] },
      d: dense(12, 3, { bias: false, use_residual: true }),
      "lost too": tokens,
    });
    const head = await readSentenceHead(folder);
    assert.deepEqual(head.modules.map(({ kind }) => kind), ["dense", "normalize", "pooling", "normalize", "dense"]);
    assert.deepEqual(
      denseOf(head).map(({ activation, bias, residual, outFeatures }) => [activation, bias, residual, outFeatures]),
      [["Identity", true, false, 6], ["Tanh", false, true, 3]],
    );
    assert.deepEqual(poolingOf(head).modes, ["max", "cls"]);
    const asked = await readSentenceHead(folder, { pooling: "mean", normalize: true, prompt: "x" });
    assert.deepEqual([poolingOf(asked).modes, asked.modules.at(-1)!.kind, asked.prompt], [["mean"], "normalize", "x"]);
  }),
);

Deno.test(
  "sentence head: without modules.json the pooling's file alone is read, and rows have length 1",
  withFolder(async (folder) => {
    const normalize = { kind: "normalize" }, mean = { kind: "pooling", modes: ["mean"], includePrompt: true };
    assert.deepEqual((await readSentenceHead(folder)).modules, [mean, normalize]);
    await Deno.mkdir(join(folder, "1_Pooling"));
    await put(folder, "1_Pooling/config.json", '{"pooling_mode": "max"}');
    assert.deepEqual((await readSentenceHead(folder)).modules, [{ ...mean, modes: ["max"] }, normalize]);
  }),
);

Deno.test(
  "sentence head: the limit of tokens stands in a file of any architecture's name, else in that of the tokenizer",
  withFolder(async (folder) => {
    assert.equal((await readSentenceHead(folder)).maxTokens, null);
    await put(folder, "tokenizer_config.json", '{"model_max_length": 30}');
    assert.equal((await readSentenceHead(folder)).maxTokens, 30);
    assert.equal(transformerSettingsFiles.length, 7);
    for (const [i, name] of transformerSettingsFiles.toReversed().entries()) {
      await put(folder, name, JSON.stringify({ max_seq_length: 40 + i, do_lower_case: i % 2 === 0 }));
      const { maxTokens, lowerCase } = await readSentenceHead(folder);
      assert.deepEqual([maxTokens, lowerCase], [40 + i, i % 2 === 0], name);
    }
    // One that says nothing leaves it to the next one.
    await put(folder, "sentence_bert_config.json", "{}");
    assert.equal((await readSentenceHead(folder)).maxTokens, 45);
    await put(folder, "sentence_bert_config.json", '{"max_seq_length": "long"}');
    await assert.rejects(readSentenceHead(folder), /"max_seq_length" is "long"; a positive integer is expected\.$/);
    // What sentence-transformers gives the tokenizer stands over both.
    for (
      const [settings, limit] of [
        [{ tokenizer_args: { model_max_length: 8 } }, 8],
        [{ processor_kwargs: { model_max_length: 9 }, max_seq_length: 20 }, 9],
        [{ processing_kwargs: { text: { max_length: 7 } }, max_seq_length: 20 }, 7],
      ] as const
    ) {
      await put(folder, "sentence_bert_config.json", JSON.stringify(settings));
      assert.equal((await readSentenceHead(folder)).maxTokens, limit, JSON.stringify(settings));
    }
  }),
);

Deno.test("sentence head: what cannot be applied is refused by name", async (t) => {
  const pooling = module("Pooling"), dense = module("Dense");
  const sizes = { in_features: 4, out_features: 4 };
  const cases: [what: string, modules: unknown, configs: Readonly<Record<string, unknown>>, message: RegExp][] = [
    [
      "an entry is null",
      [null],
      {},
      /modules\.json, entry 0: null is not a module; an object with a type and a path is expected\.$/,
    ],
    ["an entry is a word", [transformer, "x"], {}, /modules\.json, entry 1: "x" is not a module; an object with a/],
    [
      "a path is none",
      [transformer, { ...pooling, path: 1 }],
      {},
      /entry 1: an object is not a module; an object with a/,
    ],
    [
      "a path leads out",
      [transformer, module("Pooling", "../x")],
      {},
      /entry 1: the path "\.\.\/x" points outside the/,
    ],
    ["modules are no list", {}, {}, /holds no list; sentence-transformers' modules are expected\.$/],
    [
      "a module is unknown",
      [transformer, module("LSTM")],
      {},
      /names the module "sentence_transformers\.models\.LSTM"/,
    ],
    [
      "a module is another's",
      [transformer, { type: "own.Dense", path: "a" }],
      {},
      /names the module "own\.Dense"; known/,
    ],
    [
      "a name that every object has",
      [{ type: "sentence_transformers.constructor", path: "" }],
      {},
      /constructor"; known/,
    ],
    [
      "no encoder comes first",
      [pooling, transformer],
      {},
      /entry 0 is ".*Pooling"; exactly one Transformer, as the f/,
    ],
    ["two encoders", [transformer, transformer, pooling], {}, /entry 1 is ".*Transformer"; exactly one Transf/],
    ["no pooling", [transformer], {}, /names no Pooling; at least a Transformer and a Pooling are expected\.$/],
    [
      "a pooling is unknown",
      [transformer, pooling],
      { Pooling: { pooling_mode: ["mean", "constructor"] } },
      /Pooling\/config\.json has the pooling_mode "constructor"; known are cls, max, mean, /,
    ],
    [
      "no pooling is named",
      [transformer, pooling],
      { Pooling: { pooling_mode: [] } },
      /has the pooling_mode an empty list; known/,
    ],
    [
      "a switch is unknown",
      [transformer, pooling],
      { Pooling: { pooling_mode_median_tokens: true } },
      /asks for pooling_mode_median_tokens; known are pooling_mode_cls_token, /,
    ],
    [
      "a switch is a word",
      [transformer, pooling],
      { Pooling: { pooling_mode_cls_token: "no" } },
      /"pooling_mode_cls_token" is "no"; true or false is expected\.$/,
    ],
    [
      "an activation is unknown",
      [transformer, pooling, dense],
      { Dense: { ...sizes, activation_function: "torch.nn.modules.activation.Hardswish" } },
      /Dense\/config\.json has the activation_function "torch.*Hardswish"; known are PyTorch's Identity, Tanh, /,
    ],
    [
      "an activation is not PyTorch's",
      [transformer, pooling, dense],
      { Dense: { ...sizes, activation_function: "own.Tanh" } },
      /has the activation_function "own\.Tanh"/,
    ],
    [
      "a dense layer has no size",
      [transformer, pooling, dense],
      { Dense: {} },
      /"in_features" is missing; a positive/,
    ],
    [
      "a dense layer of rows comes before they are there",
      [transformer, dense, pooling],
      { Dense: sizes },
      /entry 1: a Dense layer of sentence_embedding comes before any Pooling\.$/,
    ],
    [
      "a module changes something else",
      [transformer, pooling, dense],
      { Dense: { ...sizes, module_output_name: "other" } },
      /reads "sentence_embedding" and writes "other"; token_embeddings or sentence_embedding for both/,
    ],
    [
      "a dense layer does not fit",
      [transformer, pooling, dense],
      { Dense: { ...sizes, in_features: 5 } },
      /Dense\/config\.json: "in_features" is 5, but its input has 4 dimensions\.$/,
    ],
  ];
  for (const [what, modules, configs, message] of cases) {
    await t.step(
      what,
      withFolder(async (folder) => {
        await put(folder, "config.json", '{"hidden_size": 4}');
        await write(folder, modules, configs);
        await assert.rejects(readModelFolder(folder, null), { name: "DataError", message });
      }),
    );
  }
  await t.step(
    "an encoder gives something else than hidden states, and a prompt is missing",
    withFolder(async (folder) => {
      await put(
        folder,
        "config_sentence_transformers.json",
        '{"prompts": {"a": "x"}, "default_prompt_name": "toString"}',
      );
      await assert.rejects(readSentenceHead(folder), {
        message: /has the default_prompt_name "toString"; one of its prompts, "query", "document", "a", is expected\.$/,
      });
      await put(folder, "config_sentence_transformers.json", '{"default_prompt_name": null}');
      await put(folder, "sentence_bert_config.json", '{"transformer_task": "fill-mask"}');
      await assert.rejects(readSentenceHead(folder), {
        message: /"transformer_task" is "fill-mask"; "feature-extraction" is expected\.$/,
      });
    }),
  );
});
