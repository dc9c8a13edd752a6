import type { AttentionWindow } from "../../../kernels/attention/interface.ts";
import { DataError } from "../../../kernels/errors.ts";
import type { GateFunction } from "../../../kernels/gated/gated.ts";
import {
  type ConfigSource,
  expectValue,
  flagOf,
  namedOf,
  numberOf,
  positiveOf,
  shareOf,
  sizeOf,
} from "../config_values.ts";
import type { EncoderSizes } from "../encoder_sizes.ts";
import type { RotaryArchitecture } from "./rotary_architectures.ts";
import { layerTypes, rotaryPositions } from "./rotary_layers.ts";
import type { RotaryPositions } from "./rotary_positions.ts";

/** What differs between the layers of an encoder. */
export interface RotaryLayerPlan {
  /** How its queries and keys are turned. */
  readonly positions: RotaryPositions;
  /** Which keys a query sees by their distance; undefined for all. */
  readonly window: AttentionWindow | undefined;
}

/** Sizes of an encoder with rotary positions. */
export interface RotaryConfig extends EncoderSizes {
  /** How it is built, and the names of its tensors. */
  readonly architecture: RotaryArchitecture;
  /** Heads of keys and values, each shared by as many of the queries. */
  readonly keyHeads: number;
  /** Width of a head. */
  readonly headSize: number;
  /** Factor of the scores of attention. */
  readonly scale: number;
  /** Each layer's positions and window. */
  readonly plans: readonly RotaryLayerPlan[];
  /** Rows of the table of token types; 0 for none. */
  readonly tokenTypes: number;
  /** Added to the mean of squares in the norms. */
  readonly eps: number;
  /** What the gates of the feed-forward parts are passed through. */
  readonly activation: GateFunction;
  /** Whether the projections of attention have biases. */
  readonly attentionBias: boolean;
  /** Whether those of the feed-forward parts have. */
  readonly innerBias: boolean;
  /** Probabilities that a number is dropped while training. */
  readonly dropout: {
    /** Of the softmax. */
    readonly attention: number;
    /** Of the embeddings. */
    readonly embedding: number;
    /** Between the projections of a feed-forward part. */
    readonly inner: number;
    /** Of what attention gives. */
    readonly attentionOutput: number;
    /** Of what a feed-forward part gives. */
    readonly output: number;
  };
}

const activations: ReadonlyMap<unknown, GateFunction> = new Map([
  ["gelu", "gelu"],
  ["gelu_new", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["silu", "silu"],
  ["swish", "silu"],
]);
const nothingDropped = { attention: 0, embedding: 0, inner: 0, attentionOutput: 0, output: 0 } as const;
const everything = { before: Infinity, after: Infinity };

/**
 * Reads the settings of an encoder with rotary positions, those of transformers 4 and 5.
 *
 * @throws DataError naming what is missing, damaged or changes the numbers in a way that is not known
 */
export function readRotaryConfig(source: ConfigSource, architecture: RotaryArchitecture): RotaryConfig {
  const encoder = readers[architecture.name]!(source, architecture), { path } = source;
  const { width, vocabulary, padToken, heads, keyHeads, headSize, plans } = encoder;
  if (!Number.isInteger(headSize)) {
    throw new DataError(`${path}: a width of ${width} cannot be divided into ${heads} heads.`);
  }
  if (heads % keyHeads !== 0) {
    throw new DataError(`${path}: ${heads} heads cannot share ${keyHeads} heads of keys and values.`);
  }
  if (padToken >= vocabulary) {
    throw new DataError(`${path}: pad_token_id is ${padToken}, but vocab_size is ${vocabulary}.`);
  }
  const odd = plans.find(({ positions: { size } }) => size % 2 !== 0 || size < 2 || size > headSize);
  if (odd) {
    throw new DataError(`${path}: ${odd.positions.size} numbers of a head of ${headSize} cannot be turned in pairs.`);
  }
  return encoder;
}

type Reader = (source: ConfigSource, architecture: RotaryArchitecture) => RotaryConfig;

const readers: Readonly<Record<string, Reader>> = { modernbert, gemma3_text: gemma3, qwen3, nomic_bert: nomicBert };

/** What is called the same everywhere. */
function sizesOf(source: ConfigSource) {
  return {
    vocabulary: sizeOf(source, "vocab_size"),
    width: sizeOf(source, "hidden_size"),
    layers: sizeOf(source, "num_hidden_layers"),
    heads: sizeOf(source, "num_attention_heads"),
    inner: sizeOf(source, "intermediate_size"),
    positions: sizeOf(source, "max_position_embeddings"),
    firstPosition: 0,
    padToken: sizeOf(source, "pad_token_id", 0, 0),
    tokenTypes: 0,
  };
}

function modernbert(source: ConfigSource, architecture: RotaryArchitecture): RotaryConfig {
  const sizes = sizesOf(source), headSize = sizes.width / sizes.heads;
  const every = sizeOf(source, "global_attn_every_n_layers", 1, 3),
    reach = sizeOf(source, "local_attention", 2, 128) >> 1;
  const attention = shareOf(source, "attention_dropout", 0);
  const usual = (i: number) => i % every !== 0 ? "sliding_attention" : "full_attention";
  const bases = {
    full_attention: positiveOf(source, "global_rope_theta", 160_000),
    sliding_attention: positiveOf(source, "local_rope_theta", 10_000),
  };
  return {
    ...sizes,
    architecture: flagOf(source, "norm_bias", false) ? { ...architecture, norm: "layer" } : architecture,
    ...{ keyHeads: sizes.heads, headSize, scale: 1 / Math.sqrt(headSize) },
    plans: layerTypes(source, sizes.layers, usual).map((type) => ({
      positions: rotaryPositions(source, { type, base: bases[type], size: headSize, scaled: true }),
      window: type === "sliding_attention" ? { before: reach, after: reach } : undefined,
    })),
    eps: positiveOf(source, "norm_eps", 1e-5),
    activation: namedOf(source, "hidden_activation", activations, "gelu"),
    attentionBias: flagOf(source, "attention_bias", false),
    innerBias: flagOf(source, "mlp_bias", false),
    dropout: {
      ...nothingDropped,
      ...{ attention, attentionOutput: attention },
      embedding: shareOf(source, "embedding_dropout", 0),
      inner: shareOf(source, "mlp_dropout", 0),
    },
  };
}

function gemma3(source: ConfigSource, architecture: RotaryArchitecture): RotaryConfig {
  expectValue(source, "attn_logit_softcapping", null);
  const sizes = sizesOf(source), headSize = sizeOf(source, "head_dim", 1, 256);
  const bidirectional = flagOf(source, "use_bidirectional_attention", false);
  const every = sizeOf(
    source,
    source.config._sliding_window_pattern == null ? "sliding_window_pattern" : "_sliding_window_pattern",
    1,
    6,
  );
  const width = sizeOf(source, "sliding_window", 1, 4096);
  const sliding = bidirectional ? { before: width >> 1, after: width >> 1 } : { before: width - 1, after: 0 };
  const usual = (i: number) => (i + 1) % every !== 0 ? "sliding_attention" : "full_attention";
  const bases = {
    full_attention: positiveOf(source, "rope_theta", 1_000_000),
    sliding_attention: positiveOf(source, "rope_local_base_freq", 10_000),
  };
  return {
    ...sizes,
    architecture,
    ...{ keyHeads: sizeOf(source, "num_key_value_heads", 1, 4), headSize },
    scale: positiveOf(source, "query_pre_attn_scalar", 256) ** -0.5,
    plans: layerTypes(source, sizes.layers, usual).map((type) => ({
      positions: rotaryPositions(source, {
        type,
        base: bases[type],
        size: headSize,
        scaled: type === "full_attention",
      }),
      window: type === "sliding_attention" ? sliding : bidirectional ? undefined : { ...everything, after: 0 },
    })),
    eps: positiveOf(source, "rms_norm_eps", 1e-6),
    activation: namedOf(source, "hidden_activation", activations, "gelu_pytorch_tanh"),
    ...{ attentionBias: flagOf(source, "attention_bias", false), innerBias: false },
    dropout: { ...nothingDropped, attention: shareOf(source, "attention_dropout", 0) },
  };
}

function qwen3(source: ConfigSource, architecture: RotaryArchitecture): RotaryConfig {
  const sizes = sizesOf(source), headSize = sizeOf(source, "head_dim", 1, 128);
  const slides = flagOf(source, "use_sliding_window", false), from = sizeOf(source, "max_window_layers", 0, 28);
  const after = flagOf(source, "is_causal", true) ? 0 : Infinity;
  const usual = (i: number) => slides && i >= from ? "sliding_attention" : "full_attention";
  const base = positiveOf(source, "rope_theta", 10_000);
  return {
    ...sizes,
    architecture,
    ...{ keyHeads: sizeOf(source, "num_key_value_heads", 1, sizes.heads), headSize, scale: 1 / Math.sqrt(headSize) },
    plans: layerTypes(source, sizes.layers, usual).map((type) => ({
      positions: rotaryPositions(source, { type, base, size: headSize, scaled: true }),
      window: type === "sliding_attention"
        ? { before: sizeOf(source, "sliding_window", 1, 4096) - 1, after }
        : after === 0
        ? { ...everything, after }
        : undefined,
    })),
    eps: positiveOf(source, "rms_norm_eps", 1e-6),
    activation: namedOf(source, "hidden_act", activations, "silu"),
    ...{ attentionBias: flagOf(source, "attention_bias", false), innerBias: false },
    dropout: { ...nothingDropped, attention: shareOf(source, "attention_dropout", 0) },
  };
}

/** Names that nomic-bert's own code has for its settings, by those of transformers. */
const nomicNames: readonly (readonly [here: string, there: string])[] = [
  ["hidden_size", "n_embd"],
  ["num_hidden_layers", "n_layer"],
  ["num_attention_heads", "n_head"],
  ["intermediate_size", "n_inner"],
  ["max_position_embeddings", "n_positions"],
  ["layer_norm_eps", "layer_norm_epsilon"],
  ["hidden_act", "activation_function"],
  ["hidden_dropout_prob", "resid_pdrop"],
  ["attention_probs_dropout_prob", "attn_pdrop"],
  ["rope_theta", "rotary_emb_base"],
];
/** Switches of nomic-bert's own code that would build another network. */
const nomicSwitches = [
  ...["prenorm", "use_rms_norm", "rotary_emb_interleaved", "causal", "parallel_block", "qkv_proj_bias"],
  ...["mlp_fc1_bias", "mlp_fc2_bias", "rotary_scaling_factor", "rotary_emb_scale_base", "num_experts"],
];

function nomicBert({ config, path }: ConfigSource, architecture: RotaryArchitecture): RotaryConfig {
  const named = { ...config };
  for (const [here, there] of nomicNames) named[here] ??= config[there] as never;
  const source = { config: named, path };
  for (const key of nomicSwitches) expectValue(source, key, null, false, 0);
  const sizes = sizesOf(source);
  const headSize = config.head_dim == null ? sizes.width / sizes.heads : sizeOf(source, "head_dim");
  const hidden = shareOf(source, "hidden_dropout_prob", 0);
  const fits = (value: number) => value > 0 && value <= 1;
  const share = numberOf(source, "rotary_emb_fraction", { fits, what: "a number above 0, at most 1", fallback: 1 });
  const base = positiveOf(source, "rope_theta", 1000), size = Math.floor(headSize * share);
  const positions = rotaryPositions(source, { type: "full_attention", base, size, scaled: true });
  return {
    ...sizes,
    architecture,
    ...{ keyHeads: sizes.heads, headSize, scale: 1 / Math.sqrt(headSize) },
    plans: Array.from({ length: sizes.layers }, () => ({ positions, window: undefined })),
    tokenTypes: sizeOf(source, "type_vocab_size", 0, 2),
    eps: positiveOf(source, "layer_norm_eps", 1e-12),
    activation: namedOf(source, "hidden_act", new Map([...activations, ["swiglu", "silu"], ["geglu", "gelu"]]), "silu"),
    ...{ attentionBias: false, innerBias: false },
    dropout: {
      ...{ attention: shareOf(source, "attention_probs_dropout_prob", 0), inner: 0 },
      embedding: shareOf(source, config.embd_pdrop == null ? "hidden_dropout_prob" : "embd_pdrop", 0),
      ...{ attentionOutput: hidden, output: hidden },
    },
  };
}
