import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonObject, readJsonObjectIfThere } from "../../data/files/json_object.ts";

/** Ways to pool the vectors of a text's tokens, by sentence-transformers' names. */
export const poolingModes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;

/** One of `poolingModes`. */
export type PoolingMode = typeof poolingModes[number];

/** Settings of a pooling. */
export interface Pooling {
  /** Modes whose results are concatenated, in order. */
  readonly modes: readonly PoolingMode[];
  /** False to leave the prompt's tokens out. */
  readonly includePrompt: boolean;
}

/** Switches of the form before sentence-transformers 5.4, in the order in which their results are concatenated. */
const switches: ReadonlyMap<string, PoolingMode> = new Map([
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
]);

/** Settings of a pooling in the form that every version of sentence-transformers reads. */
export function poolingSettings({ modes, includePrompt }: Pooling, width: number): JsonObject {
  const on = Object.fromEntries([...switches].map(([key, mode]) => [key, modes.includes(mode)]));
  return { word_embedding_dimension: width, ...on, include_prompt: includePrompt };
}

/**
 * Reads the settings of a pooling: a switch for each mode, or their names in `pooling_mode`. Without a file, or where it
 * names no mode, the mean is used.
 *
 * @throws DataError when a mode is unknown
 */
export async function readPooling(path: string): Promise<Pooling> {
  const config = await readJsonObjectIfThere(path, "the settings of a pooling");
  const { include_prompt: prompt = true } = config;
  if (typeof prompt !== "boolean") {
    throw new DataError(`${path}: "include_prompt" is ${describeValue(prompt)}; true or false is expected.`);
  }
  const modes = config.pooling_mode === undefined ? switchedOn(config, path) : named(config.pooling_mode, path);
  return { modes, includePrompt: prompt };
}

function switchedOn(config: JsonObject, path: string): PoolingMode[] {
  for (const [key, value] of Object.entries(config)) {
    if (!key.startsWith("pooling_mode_")) continue;
    if (typeof value !== "boolean") {
      throw new DataError(`${path}: "${key}" is ${describeValue(value)}; true or false is expected.`);
    }
    if (value && !switches.has(key)) {
      throw new DataError(`${path} asks for ${key}; known are ${[...switches.keys()].join(", ")}.`);
    }
  }
  const on = [...switches].filter(([key]) => config[key] === true).map(([, mode]) => mode);
  return on.length > 0 ? on : ["mean"];
}

function named(value: unknown, path: string): PoolingMode[] {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const unknown = names.find((name) => !poolingModes.some((mode) => mode === name));
  if (names.length > 0 && unknown === undefined) return names as PoolingMode[];
  const found = names.length > 0 ? unknown : value;
  throw new DataError(`${path} has the pooling_mode ${describeValue(found)}; known are ${poolingModes.join(", ")}.`);
}

/**
 * Weights of a text's tokens, for poolings that are weighted sums.
 *
 * @param length tokens of the text
 * @param skipped tokens at the beginning that are left out
 */
export function poolingWeights(mode: Exclude<PoolingMode, "max">, length: number, skipped = 0): Float64Array {
  const weights = new Float64Array(length), left = length - skipped;
  switch (mode) {
    case "cls":
      weights[left > 0 ? skipped : 0] = 1;
      break;
    case "lasttoken":
      if (left > 0) weights[length - 1] = 1;
      break;
    case "mean":
      weights.fill(1 / left, skipped);
      break;
    case "mean_sqrt_len_tokens":
      weights.fill(1 / Math.sqrt(left), skipped);
      break;
    case "weightedmean": {
      const sum = (length * (length + 1) - skipped * (skipped + 1)) / 2;
      for (let i = skipped; i < length; i++) weights[i] = (i + 1) / sum;
    }
  }
  return weights;
}
