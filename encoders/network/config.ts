import { join } from "node:path";
import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { type Architecture, architectures } from "./architectures.ts";
import { type JsonObject, readJsonObject } from "../../data/files/json_object.ts";

/** What stands between the two linear layers of a feed-forward part. */
export type EncoderActivation = "gelu" | "gelu_tanh" | "relu";

/** Sizes of an encoder, by one name whatever its architecture calls them. */
export interface EncoderConfig {
  /** Names of tensors and settings. */
  readonly architecture: Architecture;
  /** Rows of the table of tokens. */
  readonly vocabulary: number;
  /** Dimensions of a token. */
  readonly width: number;
  /** Layers of attention. */
  readonly layers: number;
  /** Heads of each attention. */
  readonly heads: number;
  /** Width of the feed-forward parts. */
  readonly inner: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  /** Row of the first token's position. */
  readonly firstPosition: number;
  /** Rows of the table of token types; 0 for an architecture without. */
  readonly tokenTypes: number;
  /** Rows of the table of distances between tokens; 0 for an architecture without. */
  readonly relativePositions: number;
  /** Token that fills up short sequences. */
  readonly padToken: number;
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
export async function readEncoderConfig(folder: string): Promise<EncoderConfig> {
  const path = join(folder, "config.json"), config = await readJsonObject(path, "the settings of an encoder");
  const { model_type: type, position_embedding_type: position = "absolute" } = config;
  const architecture = architectures.find(({ name }) => name === type);
  if (!architecture) {
    const known = architectures.map(({ name }) => name).join(", ");
    throw new DataError(`${path} has the model_type ${describeValue(type)}; known are ${known}.`);
  }
  if (position !== "absolute") {
    throw new DataError(`${path} has the position_embedding_type ${describeValue(position)}; "absolute" is expected.`);
  }
  const { keys } = architecture;
  const read = { config, path };
  const size = (key: string, least = 1, fallback?: number) => {
    const fits = (value: number) => Number.isInteger(value) && value >= least;
    return numberOf(read, key, { fits, what: `an integer from ${least}`, fallback });
  };
  const share = (key: string) =>
    numberOf(read, key, {
      fits: (value) => value >= 0 && value < 1,
      what: "a number from 0 to below 1",
      fallback: 0.1,
    });
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
    eps: architecture.eps ??
      numberOf(read, "layer_norm_eps", { fits: (value) => value > 0, what: "a positive number", fallback: 1e-12 }),
    activation: activationOf(read, keys.activation),
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

interface Source {
  readonly config: JsonObject;
  readonly path: string;
}

function numberOf(
  { config, path }: Source,
  key: string,
  { fits, what, fallback }: { fits: (value: number) => boolean; what: string; fallback: number | undefined },
): number {
  const value = config[key] ?? fallback;
  if (typeof value === "number" && fits(value)) return value;
  throw new DataError(`${path}: "${key}" is ${describeValue(value)}; ${what} is expected.`);
}

function activationOf({ config, path }: Source, key: string): EncoderActivation {
  const name = config[key] ?? "gelu", activation = activations.get(name);
  if (activation) return activation;
  const known = [...activations.keys()].join(", ");
  throw new DataError(`${path}: "${key}" is ${describeValue(name)}; known are ${known}.`);
}
