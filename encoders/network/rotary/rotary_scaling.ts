import { type ConfigSource, flagOf, namedOf, positiveOf } from "../config_values.ts";

/** All positions are divided by a factor. */
export interface LinearScaling {
  /** Name of the scaling. */
  readonly kind: "linear";
  /** What positions are divided by. */
  readonly factor: number;
}

/** Slow pairs are divided by a factor, fast ones not, those between in part; cosines and sines grow a little. */
export interface YarnScaling {
  /** Name of the scaling. */
  readonly kind: "yarn";
  /** What slow pairs are divided by. */
  readonly factor: number;
  /** Tokens of pretraining. */
  readonly original: number;
  /** Turns over those tokens from which on a pair is fast. */
  readonly betaFast: number;
  /** Turns up to which it is slow. */
  readonly betaSlow: number;
  /** Whether the pairs that those lead to are rounded outwards to whole numbers. */
  readonly truncate: boolean;
  /** Cosines and sines are multiplied by it. */
  readonly attentionFactor: number;
}

/** As YaRN, with a ramp over the number of turns, and cosines and sines as they are. */
export interface Llama3Scaling {
  /** Name of the scaling. */
  readonly kind: "llama3";
  /** What slow pairs are divided by. */
  readonly factor: number;
  /** Tokens of pretraining. */
  readonly original: number;
  /** Turns over those tokens up to which a pair is slow. */
  readonly lowFrequency: number;
  /** Turns from which on it is fast. */
  readonly highFrequency: number;
}

/** How frequencies are changed for texts longer than those of pretraining; null for not at all. */
export type RotaryScaling = LinearScaling | YarnScaling | Llama3Scaling | null;

const kinds = new Map(
  [
    ["default", "default"],
    ["linear", "linear"],
    ["yarn", "yarn"],
    ["llama3", "llama3"],
  ] as const,
);

/**
 * Reads the scaling that a layer's `rope_parameters` name.
 *
 * @param source those parameters, with `rope_type`
 * @param tokens the encoder's `max_position_embeddings`, which stand for the tokens of pretraining where they are not given
 * @throws DataError naming a kind that is not known, or a number that is missing or none
 */
export function readRotaryScaling(source: ConfigSource, tokens: number): RotaryScaling {
  const kind = namedOf(source, "rope_type", kinds, "default");
  if (kind === "default") return null;
  if (kind === "linear") return { kind, factor: positiveOf(source, "factor") };
  const original = positiveOf(source, "original_max_position_embeddings", tokens);
  if (kind === "llama3") {
    return {
      kind,
      original,
      factor: positiveOf(source, "factor"),
      lowFrequency: positiveOf(source, "low_freq_factor"),
      highFrequency: positiveOf(source, "high_freq_factor"),
    };
  }
  const factor = positiveOf(source, "factor", original < tokens ? tokens / original : undefined);
  const growth = (scale: number) => factor > 1 ? 0.1 * scale * Math.log(factor) + 1 : 1;
  const { mscale, mscale_all_dim } = source.config;
  const usual = mscale && mscale_all_dim
    ? growth(positiveOf(source, "mscale")) / growth(positiveOf(source, "mscale_all_dim"))
    : growth(1);
  return {
    kind,
    factor,
    original,
    betaFast: positiveOf(source, "beta_fast", 32),
    betaSlow: positiveOf(source, "beta_slow", 1),
    truncate: flagOf(source, "truncate", true),
    attentionFactor: positiveOf(source, "attention_factor", usual),
  };
}

const { fround } = Math;

/**
 * Frequencies under a scaling, rounded to f32 where transformers rounds.
 *
 * @param frequencies base^(-2 d / size) of each pair d, in f32
 * @see Chen et al., "Extending context window of large language models via positional interpolation" (2023): linear
 * @see Peng et al., "YaRN: efficient context window extension of large language models" (2023), section 3.2
 * @see `_compute_llama3_parameters` of transformers 5, src/transformers/modeling_rope_utils.py
 */
export function scaledFrequencies(
  frequencies: Float32Array,
  { base, size }: { readonly base: number; readonly size: number },
  scaling: RotaryScaling,
): Float32Array {
  if (scaling === null) return frequencies;
  const { factor } = scaling;
  if (scaling.kind === "linear") return frequencies.map((frequency) => frequency / factor);
  const { original } = scaling;
  if (scaling.kind === "llama3") {
    const { lowFrequency, highFrequency } = scaling;
    return frequencies.map((frequency) => {
      const length = fround(2 * Math.PI / frequency);
      if (length > original / lowFrequency) return frequency / factor;
      if (length < original / highFrequency) return frequency;
      const fast = fround((fround(original / length) - lowFrequency) / (highFrequency - lowFrequency));
      return fround(fround(fround(1 - fast) * frequency) / factor) + fround(fast * frequency);
    });
  }
  const { betaFast, betaSlow, truncate } = scaling;
  // The pair that turns so often over the tokens of pretraining.
  const pairAt = (turns: number) => size * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  const [fastest, slowest] = [pairAt(betaFast), pairAt(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fastest) : fastest, 0);
  const high = Math.min(truncate ? Math.ceil(slowest) : slowest, size - 1);
  const width = high === low ? 0.001 : high - low;
  return frequencies.map((frequency, d) => {
    const slow = Math.min(Math.max(fround(fround(d - low) / width), 0), 1), fast = fround(1 - slow);
    const stretched = fround(1 / fround(factor * fround(1 / frequency)));
    return fround(stretched * fround(1 - fast)) + fround(frequency * fast);
  });
}
