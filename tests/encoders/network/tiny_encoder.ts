import { join } from "node:path";
import { encodeSafetensors } from "../../../engine/files/write_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import { Philox } from "../../../kernels/philox.ts";
import { put } from "../../temporary.ts";

/** Architectures that tiny encoders are written for. */
export const families = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet"] as const;
export type Family = typeof families[number];

/** Sizes of all tiny encoders; 6 numbers a head, so that nothing is a multiple of four by chance. */
export const sizes = { width: 12, heads: 2, layers: 2, inner: 20, positions: 40 } as const;

/** What a family adds to the variance in the norms. */
export const epsOf = (family: Family) => family === "distilbert" ? 1e-12 : 1e-5;

const words = [
  "the",
  "answer",
  "is",
  "short",
  "न",
  "मस्ते",
  "##s",
  "##wer",
  "sh",
  "##ort",
  "?",
  "a",
  "b",
  "c",
  "##a",
  "##b",
  "##c",
];
const wordPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
const pieces = [
  "<s>",
  "<pad>",
  "</s>",
  "<unk>",
  "▁",
  "▁the",
  "▁answer",
  "▁is",
  "▁short",
  "a",
  "b",
  "c",
  "ा",
  "क",
  "▁क",
  "ab",
  "க",
  "ம்",
];

/** Tokens of a family's tokenizer. */
export const vocabularyOf = (family: Family) => usesPieces(family) ? pieces.length : wordPieces.length;
const usesPieces = (family: Family) => family !== "bert" && family !== "distilbert";
const hasTypes = (family: Family) => family !== "distilbert" && family !== "mpnet";

/** What a test changes about the folder it writes. */
export interface TinyChanges {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tensors?: (tensors: Map<string, SafetensorsTensor>) => void;
  /** Before the names of all tensors. */
  readonly prefix?: string;
  readonly activation?: string;
}

/** Tensors of a tiny encoder by their names in a file. */
export type TinyWeights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }
>;

/** Writes the folder of an encoder with random weights. */
export async function writeTinyEncoder(
  folder: string,
  family: Family,
  changes: TinyChanges = {},
): Promise<TinyWeights> {
  const weights = tinyWeights(family);
  const tensors = new Map<string, SafetensorsTensor>(
    [...weights].map(([name, tensor]) => [`${changes.prefix ?? ""}${name}`, { dtype: "F32", ...tensor }]),
  );
  changes.tensors?.(tensors);
  const config = { ...configOf(family, changes.activation ?? "gelu"), ...changes.config };
  await Deno.mkdir(folder, { recursive: true });
  await put(folder, "config.json", JSON.stringify(config));
  await put(folder, "tokenizer.json", JSON.stringify(usesPieces(family) ? unigram() : wordPiece()));
  await put(folder, "model.safetensors", encodeSafetensors(tensors, { format: "pt" }));
  return weights;
}

/** Writes sentence-transformers' files: a pooling, and a dense layer behind it where it is given. */
export async function writeHead(
  folder: string,
  { pooling, dense, normalize = false, maxTokens }: {
    pooling: "cls_token" | "mean_tokens" | "max_tokens" | "weightedmean_tokens";
    dense?: { readonly weight: Float32Array<ArrayBuffer>; readonly bias: Float32Array<ArrayBuffer> };
    normalize?: boolean;
    maxTokens?: number;
  },
): Promise<void> {
  const kinds = ["Transformer", "Pooling", ...(dense ? ["Dense"] : []), ...(normalize ? ["Normalize"] : [])];
  const paths = kinds.map((kind, i) => i === 0 ? "" : `${i}_${kind}`);
  const modules = kinds.map((kind, i) => ({ idx: i, path: paths[i], type: `sentence_transformers.models.${kind}` }));
  await put(folder, "modules.json", JSON.stringify(modules));
  await Deno.mkdir(join(folder, "1_Pooling"));
  const modes = ["cls_token", "mean_tokens", "max_tokens", "weightedmean_tokens"];
  const on = Object.fromEntries(modes.map((mode) => [`pooling_mode_${mode}`, mode === pooling]));
  await put(join(folder, "1_Pooling"), "config.json", JSON.stringify({ word_embedding_dimension: 12, ...on }));
  if (maxTokens !== undefined) {
    await put(folder, "sentence_bert_config.json", JSON.stringify({ max_seq_length: maxTokens }));
  }
  if (!dense) return;
  const [out, below] = [dense.bias.length, join(folder, "2_Dense")];
  await Deno.mkdir(below);
  const settings = { in_features: sizes.width, out_features: out, bias: true };
  const activation_function = "torch.nn.modules.activation.Tanh";
  await put(below, "config.json", JSON.stringify({ ...settings, activation_function }));
  const tensors = new Map<string, SafetensorsTensor>([
    ["linear.weight", { dtype: "F32", shape: [out, sizes.width], data: dense.weight }],
    ["linear.bias", { dtype: "F32", shape: [out], data: dense.bias }],
  ]);
  await put(below, "model.safetensors", encodeSafetensors(tensors));
}

/** What the tensors of a layer are called, without ".weight" and ".bias". */
export function layerNames(family: Family, layer: number) {
  if (family === "distilbert") {
    const at = `transformer.layer.${layer}.`;
    return {
      ...{ query: `${at}attention.q_lin`, key: `${at}attention.k_lin`, value: `${at}attention.v_lin` },
      ...{ mix: `${at}attention.out_lin`, norm1: `${at}sa_layer_norm` },
      ...{ into: `${at}ffn.lin1`, out: `${at}ffn.lin2`, norm2: `${at}output_layer_norm` },
    };
  }
  const at = `encoder.layer.${layer}.`, self = `${at}attention.self.`;
  const ends = { into: `${at}intermediate.dense`, out: `${at}output.dense`, norm2: `${at}output.LayerNorm` };
  if (family === "mpnet") {
    const attention = `${at}attention.attn.`;
    return {
      ...{ query: `${attention}q`, key: `${attention}k`, value: `${attention}v`, mix: `${attention}o` },
      ...{ norm1: `${at}attention.LayerNorm`, ...ends },
    };
  }
  return {
    ...{ query: `${self}query`, key: `${self}key`, value: `${self}value` },
    ...{ mix: `${at}attention.output.dense`, norm1: `${at}attention.output.LayerNorm` },
    ...ends,
  };
}

function tinyWeights(family: Family): TinyWeights {
  const { width, layers, inner, positions } = sizes, random = new Philox(7);
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>();
  const put = (name: string, shape: readonly number[], around = 0) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, () => around + 0.6 * (random.uniform() - 0.5));
    weights.set(name, { shape, data });
  };
  const linear = (name: string, out: number, from: number) => {
    put(`${name}.weight`, [out, from]);
    put(`${name}.bias`, [out]);
  };
  const norm = (name: string) => {
    put(`${name}.weight`, [width], 1);
    put(`${name}.bias`, [width]);
  };
  put("embeddings.word_embeddings.weight", [vocabularyOf(family), width]);
  put("embeddings.position_embeddings.weight", [positions, width]);
  if (family === "mpnet") put("encoder.relative_attention_bias.weight", [32, sizes.heads]);
  if (hasTypes(family)) put("embeddings.token_type_embeddings.weight", [usesPieces(family) ? 1 : 2, width]);
  norm("embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer++) {
    const { query, key, value, mix, norm1, into, out, norm2 } = layerNames(family, layer);
    for (const name of [query, key, value, mix]) linear(name, width, width);
    norm(norm1);
    linear(into, inner, width);
    linear(out, width, inner);
    norm(norm2);
  }
  return weights;
}

function configOf(family: Family, activation: string): Record<string, unknown> {
  const { width, heads, layers, inner, positions } = sizes;
  const shared = { model_type: family, vocab_size: vocabularyOf(family), max_position_embeddings: positions };
  if (family === "distilbert") {
    const names = { dim: width, n_heads: heads, n_layers: layers, hidden_dim: inner, activation, pad_token_id: 0 };
    return { ...shared, ...names, dropout: 0.1, attention_dropout: 0.1 };
  }
  return {
    ...{ ...shared, hidden_size: width, num_attention_heads: heads, num_hidden_layers: layers },
    ...{ intermediate_size: inner, hidden_act: activation, layer_norm_eps: epsOf(family) },
    ...usesPieces(family) ? { pad_token_id: 1, type_vocab_size: 1 } : { pad_token_id: 0, type_vocab_size: 2 },
    ...{ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 },
  };
}

const special = (id: number, content: string) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

function template(vocabulary: readonly string[], first: string, last: string) {
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } }), text = { Sequence: { id: "A", type_id: 0 } };
  const single = [token(first), text, token(last)];
  const numbered = (id: string) => [id, { id, ids: [vocabulary.indexOf(id)], tokens: [id] }];
  const special_tokens = Object.fromEntries([first, last].map(numbered));
  return { type: "TemplateProcessing", single, pair: single, special_tokens };
}

function wordPiece() {
  const vocab = Object.fromEntries(wordPieces.map((piece, i) => [piece, i]));
  return {
    version: "1.0",
    // Fixed padding, as all-MiniLM-L6-v2 has it: nobody here should follow it.
    truncation: { max_length: 8, strategy: "LongestFirst", stride: 0 },
    padding: { strategy: { Fixed: 128 }, direction: "Right", pad_id: 0, pad_type_id: 0, pad_token: "[PAD]" },
    added_tokens: [0, 1, 2, 3, 4].map((id) => special(id, wordPieces[id]!)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: template(wordPieces, "[CLS]", "[SEP]"),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

function unigram() {
  return {
    ...{ version: "1.0", truncation: null, padding: null },
    added_tokens: [0, 1, 2, 3].map((id) => special(id, pieces[id]!)),
    normalizer: { type: "NFKC" },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    post_processor: template(pieces, "<s>", "</s>"),
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: { type: "Unigram", unk_id: 3, vocab: pieces.map((piece, i) => [piece, i < 4 ? 0 : -i - piece.length]) },
  };
}
