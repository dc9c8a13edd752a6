import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { readEnsemble } from "../../cli/options/ensemble_options.ts";
import { readConfigFile, readSettings } from "../../cli/options/train_options.ts";
import { readModelFolder } from "../../encoders/model_folder/model_folder.ts";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { isRotary, readEncoderConfig } from "../../encoders/network/config.ts";
import { EnsembleFolder } from "../../runs/ensemble/config.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { readFigures } from "../../scoring/set_figure.ts";
import { leaves } from "../../recipes/settings/table.ts";
import { readShiftFigures } from "../../runs/results/classes_file.ts";
import { change, edits } from "./bytes.ts";
import { RepeatedKey, SimpleJson } from "./json.ts";
import { changeJson, jsonChanges } from "./json_changes.ts";
import { attempt, type Outcome } from "./outcome.ts";
import { targetOf } from "./target.ts";

/** A file of settings: what it may hold, and what reads it. */
interface ConfigFile {
  /** Its path in a folder. */
  readonly path: string;
  readonly examples: readonly unknown[];
  /** Files beside it. */
  readonly beside?: Readonly<Record<string, unknown>>;
  read(folder: string): Promise<unknown>;
  /** Compares what was read with the same text by a simple parser. */
  check?(found: Outcome<unknown>, parsed: unknown): void;
}

const encoder = {
  ...{ model_type: "bert", vocab_size: 30, hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 2 },
  ...{
    intermediate_size: 20,
    max_position_embeddings: 40,
    type_vocab_size: 2,
    layer_norm_eps: 1e-5,
    hidden_act: "gelu",
  },
  ...{
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    pad_token_id: 0,
    position_embedding_type: "absolute",
  },
};
const distilbert = {
  ...{ model_type: "distilbert", vocab_size: 30, dim: 12, n_layers: 2, n_heads: 2, hidden_dim: 20 },
  ...{ max_position_embeddings: 40, activation: "relu", dropout: 0.1, attention_dropout: 0 },
};
const rotary = [
  {
    ...{ ...encoder, model_type: "modernbert", hidden_activation: "gelu", local_attention: 8, norm_eps: 1e-5 },
    ...{ global_rope_theta: 160000, local_rope_theta: 10000, global_attn_every_n_layers: 3, norm_bias: false },
  },
  {
    ...{ ...encoder, model_type: "gemma3_text", num_key_value_heads: 1, head_dim: 6, sliding_window: 8 },
    ...{ use_bidirectional_attention: true, hidden_activation: "gelu_pytorch_tanh", query_pre_attn_scalar: 6 },
    layer_types: ["sliding_attention", "full_attention"],
    rope_parameters: {
      full_attention: { rope_type: "linear", factor: 2, rope_theta: 1000000 },
      sliding_attention: { rope_type: "default", rope_theta: 10000 },
    },
  },
  { ...encoder, model_type: "qwen3", hidden_act: "silu", num_key_value_heads: 1, head_dim: 4, rope_theta: 1000000 },
  { ...encoder, model_type: "nomic_bert", hidden_act: "silu", rotary_emb_fraction: 1, prenorm: false },
];
const module = (kind: string, path: string) => ({ path, type: `sentence_transformers.models.${kind}` });
const dense = {
  ...{ in_features: 12, out_features: 4, bias: true, use_residual: false },
  activation_function: "torch.nn.modules.activation.Tanh",
};
/** What sentence-transformers writes beside an encoder. */
const sentenceFiles = {
  "config.json": encoder,
  "modules.json": ["Transformer", "Pooling", "Dense", "Normalize"].map((kind, i) =>
    module(kind, i === 0 ? "" : `${i}_${kind}`)
  ),
  "1_Pooling/config.json": {
    word_embedding_dimension: 12,
    pooling_mode_mean_tokens: true,
    pooling_mode_cls_token: false,
  },
  "2_Dense/config.json": dense,
  "sentence_bert_config.json": { max_seq_length: 16, do_lower_case: false },
  "config_sentence_transformers.json": { prompts: { query: "query: " }, default_prompt_name: "query" },
  "tokenizer_config.json": { model_max_length: 32 },
};
const settings = {
  recipe: "bilinear",
  optimizer: { lr: 0.001, weightDecay: 0, clip: 1 },
  training: { epochs: 3, batchSize: 8, seed: 1 },
  model: { hidden: [8], rank: 4, dropout: 0.1 },
};
const members = [{ recipe: "bilinear", settings: { training: { seed: 2 } } }, {
  grid: { recipe: ["scml"], "training.seed": [1, 2] },
}];
const files = {
  ...{ data: "/d.json", metricNames: "/n.json", metricEmbeddings: "/m.npy", embeddings: null, recover: false },
};
const run = {
  ...{ format: "metrograd run 2", recipe: "bilinear", settings: {}, files, maxRows: null },
  inputs: {
    ...{ texts: "hash", textFields: 1, textDimension: 8, metricDimension: 4, trainRows: 10, fittedRows: 10 },
    ...{ trainMean: 5, fingerprint: "ab" },
  },
};

const configFiles: readonly ConfigFile[] = [
  {
    path: "config.json",
    examples: [
      encoder,
      { ...encoder, model_type: "roberta", pad_token_id: 1 },
      { ...encoder, model_type: "mpnet" },
      distilbert,
      ...rotary,
    ],
    read: readEncoderConfig,
    check: checkEncoder,
  },
  ...Object.entries(sentenceFiles).map(([path, example]): ConfigFile => ({
    path,
    examples: [example],
    beside: sentenceFiles,
    read: (folder) => readModelFolder(folder, null),
  })),
  {
    path: "1_Pooling/config.json",
    examples: [{ embedding_dimension: 12, pooling_mode: ["mean"] }, { pooling_mode: "cls", include_prompt: false }],
    beside: sentenceFiles,
    read: (folder) => readModelFolder(folder, null),
  },
  {
    path: "settings.json",
    examples: [settings, { recipe: "gaussian-process" }, { format: "x", recipe: "bilinear", settings: {} }],
    read: async (folder) => {
      const path = join(folder, "settings.json"),
        found = readSettings({ config: path, shorthands: {} }, await readConfigFile(path));
      settingsOf(recipeNamed(found.recipe), found.settings);
      return found;
    },
    check: checkSettings,
  },
  {
    path: "ensemble.json",
    examples: [{ members }, { members, combine: { name: "mean" } }, {
      grid: { recipe: ["scml"] },
      settings: { training: {} },
    }],
    read: async (folder) => {
      const path = join(folder, "ensemble.json");
      return readEnsemble({ config: path, shorthands: {} }, await readConfigFile(path), []);
    },
  },
  {
    path: "config.json",
    examples: [run, { ...run, inputs: null }],
    read: (folder) => new RunFolder(folder).readConfig(),
  },
  {
    path: "ensemble.json",
    examples: [{
      format: "metrograd ensemble 1",
      members: [{ recipe: "bilinear", settings: {} }],
      settings: {},
      files,
      maxRows: null,
    }],
    read: (folder) => new EnsembleFolder(folder).read(),
  },
  { path: "figures.json", examples: [[]], read: (folder) => readFigures(join(folder, "figures.json")) },
  {
    path: "shift.json",
    examples: [{ format: "metrograd shift 1", figures: [] }],
    read: (folder) => readShiftFigures(new RunFolder(folder)),
  },
  {
    path: "definitions.json",
    examples: [{ tone: "How it sounds.", "bias/age": "Whether it is fair.", constructor: "c" }],
    read: async (folder) => [...await readMetricDefinitions(join(folder, "definitions.json"))],
    check: checkDefinitions,
  },
];

/** Settings of encoders, runs and ensembles, and definitions of metrics. */
export const configs = targetOf({
  name: "configs",
  inputs: fc.record({
    file: fc.nat(configFiles.length - 1),
    example: fc.nat(3),
    changes: jsonChanges,
    edits: fc.oneof(fc.constant([]), edits),
  }),
  async check({ file, example, changes, edits }, folder) {
    const { path, examples, beside = {}, read, check } = configFiles[file]!, own = join(folder, String(file));
    prepare(own, beside);
    const json = JSON.stringify(changeJson(examples[example % examples.length], changes));
    const bytes = change(new TextEncoder().encode(json), edits);
    Deno.writeFileSync(join(own, path), bytes);
    const found = await attempt(() => read(own), [own]);
    assert.ok(changes.length + edits.length > 0 || "value" in found, Deno.inspect(found));
    check?.(found, parse(bytes));
  },
});

/** Makes a folder with files once; of them only the one that is changed is written again. */
function prepare(folder: string, files: Readonly<Record<string, unknown>>): void {
  if (prepared.has(folder)) return;
  for (const below of ["1_Pooling", "2_Dense"]) Deno.mkdirSync(join(folder, below), { recursive: true });
  for (const [name, value] of Object.entries(files)) Deno.writeTextFileSync(join(folder, name), JSON.stringify(value));
  prepared.add(folder);
}

const prepared = new Set<string>();

/** What bytes are by a simple parser, or that they are no JSON in UTF-8; keys that are there twice count as such. */
function parse(bytes: Uint8Array): unknown {
  try {
    return new SimpleJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes), 1).whole();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RepeatedKey) return noJson;
    throw error;
  }
}

const noJson = Symbol("no JSON");

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Settings of encoders with rotary positions. */
const rotaryKeys = {
  width: "hidden_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  inner: "intermediate_size",
};

function checkEncoder(found: Outcome<unknown>, parsed: unknown): void {
  if ("refusal" in found || parsed === noJson) return;
  const config = found.value as Awaited<ReturnType<typeof readEncoderConfig>>,
    given = parsed as Record<string, unknown>;
  const { width, layers, heads, inner } = isRotary(config) ? rotaryKeys : config.architecture.keys;
  assert.equal(config.architecture.name, given.model_type);
  assert.deepEqual(
    [config.width, config.layers, config.heads, config.inner],
    [width, layers, heads, inner].map((key) => given[key]),
  );
  assert.deepEqual([config.vocabulary, config.positions], [given.vocab_size, given.max_position_embeddings]);
  for (const size of [config.width, config.layers, config.heads, config.inner, config.vocabulary, config.positions]) {
    assert.ok(Number.isInteger(size) && size > 0);
  }
}

function checkSettings(found: Outcome<unknown>, parsed: unknown): void {
  if ("refusal" in found || !isObject(parsed)) return;
  const { recipe, ...sections } = parsed;
  const given = "format" in sections ? sections.settings : sections;
  const { settings, recipe: name } = found.value as { settings: object; recipe: string };
  if (recipe !== undefined) assert.equal(name, recipe);
  assert.deepEqual(leaves(settings), leaves(given as object));
}

function checkDefinitions(found: Outcome<unknown>, parsed: unknown): void {
  const entries = isObject(parsed) ? Object.entries(parsed) : [];
  const isWhole = entries.length > 0 &&
    entries.every(([name, text]) => name.trim() !== "" && typeof text === "string" && text.trim() !== "");
  if ("value" in found && parsed !== noJson) assert.deepEqual(found.value, entries);
  assert.ok(!isWhole || "value" in found, Deno.inspect(found));
}
