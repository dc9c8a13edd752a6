import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { type Architecture, architectures } from "./architectures.ts";
import { readJsonObject } from "../../data/files/json_object.ts";
import { type ConfigSource, expectValue, namedOf, positiveOf, shareOf, sizeOf } from "./config_values.ts";
import type { EncoderSizes } from "./encoder_sizes.ts";
import { readRotaryConfig, type RotaryConfig } from "./rotary/rotary_config.ts";
import { rotaryArchitectures } from "./rotary/rotary_architectures.ts";

const { join } = platform;

/** What stands between the two linear layers of a feed-forward part. */
export type EncoderActivation = "gelu" | "gelu_tanh" | "relu";

/** Sizes of an encoder of the BERT family, by one name whatever its architecture calls them. */
export interface EncoderConfig extends EncoderSizes {
  /** Names of tensors and settings. */
  readonly architecture: Architecture;
  /** Rows of the table of token types; 0 for an architecture without. */
  readonly tokenTypes: number;
  /** Rows of the table of distances between tokens; 0 for an architecture without. */
  readonly relativePositions: number;
  /** Added to the variance in the norms. */
  readonly eps: number;
  /** Of the feed-forward parts. */
  readonly activation: EncoderActivation;
  /** Probability of each dropout while training, but for that of the softmax. */
  readonly dropout: number;
  /** Probability that an element of the softmax is dropped while training. */
  readonly attentionDropout: number;
}

const activations: ReadonlyMap<unknown, EncoderActivation> = new Map([
  ["gelu", "gelu"],
  ["gelu_new", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["relu", "relu"],
]);

/**
 * Reads `config.json` of a Hugging Face folder.
 *
 * @throws DataError when it is missing or damaged, the architecture is unknown or a setting is not what it has to be
 */
export async function readEncoderConfig(folder: string): Promise<EncoderConfig | RotaryConfig> {
  const path = join(folder, "config.json"), config = await readJsonObject(path, "the settings of an encoder");
  const named = (name: string) => name === config.model_type, source = { config, path };
  const architecture = architectures.find(({ name }) => named(name));
  if (architecture) return readBertConfig(source, architecture);
  const rotary = rotaryArchitectures.find(({ name }) => named(name));
  if (rotary) return readRotaryConfig(source, rotary);
  const known = [...architectures, ...rotaryArchitectures].map(({ name }) => name).join(", ");
  throw new DataError(`${path} has the model_type ${describeValue(config.model_type)}; known are ${known}.`);
}

/** Whether settings are those of an encoder with rotary positions. */
export function isRotary(config: EncoderConfig | RotaryConfig): config is RotaryConfig {
  return "plans" in config;
}

function readBertConfig(source: ConfigSource, architecture: Architecture): EncoderConfig {
  const { config, path } = source, { position_embedding_type: position = "absolute" } = config;
  if (position !== "absolute") {
    throw new DataError(`${path} has the position_embedding_type ${describeValue(position)}; "absolute" is expected.`);
  }
  // A decoder's tokens see only those before them.
  expectValue(source, "is_decoder", false, null);
  const { keys } = architecture;
  const size = (key: string, least = 1, fallback?: number) => sizeOf(source, key, least, fallback);
  const share = (key: string) => shareOf(source, key, 0.1);
  const padToken = size("pad_token_id", 0, architecture.positionsAfterPadding ? 1 : 0);
  const encoder: EncoderConfig = {
    architecture,
    vocabulary: size("vocab_size"),
    width: size(keys.width),
    layers: size(keys.layers),
    heads: size(keys.heads),
    inner: size(keys.inner),
    positions: size("max_position_embeddings"),
    // MPNet counts from 1 in transformers, whatever its padding token is.
    firstPosition: architecture.positionsAfterPadding ? (architecture.name === "mpnet" ? 1 : padToken) + 1 : 0,
    tokenTypes: architecture.tokenTypes ? size("type_vocab_size", 0, 2) : 0,
    relativePositions: architecture.relativePositions ? size("relative_attention_num_buckets", 4, 32) : 0,
    padToken,
    eps: architecture.eps ?? positiveOf(source, "layer_norm_eps", 1e-12),
    activation: namedOf(source, keys.activation, activations, "gelu"),
    dropout: share(keys.dropout),
    attentionDropout: share(keys.attentionDropout),
  };
  if (encoder.width % encoder.heads !== 0) {
    throw new DataError(`${path}: a width of ${encoder.width} cannot be divided into ${encoder.heads} heads.`);
  }
  if (padToken >= encoder.vocabulary) {
    throw new DataError(`${path}: pad_token_id is ${padToken}, but vocab_size is ${encoder.vocabulary}.`);
  }
  return encoder;
}
