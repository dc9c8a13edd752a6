import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { EncoderSizes } from "./encoder_sizes.ts";

/** Sequences of tokens side by side, filled up to one length. */
export interface TokenBatch {
  /** Numbers of the tokens, [batch, tokens] (u32). */
  readonly ids: Tensor;
  /** Rows of the table of positions (u32): [tokens], or [batch, tokens] where they differ between sequences. */
  readonly positions: Tensor;
  /** [batch, tokens] (u32); 1 where a sequence is filled up. */
  readonly keyPaddingMask: Tensor;
  /** Tokens of each sequence. */
  readonly lengths: readonly number[];
  /** First tokens of each sequence that belong to the prompt. */
  readonly prompt: number;
}

/** Lengths are filled up to a multiple of this. */
export const step = 8;
/** Attention among fewer tokens has kernels of its own for every length, whose compiling would take longer than it saves. */
const shortest = 16;

/** The length to which sequences are filled up whose longest has so many tokens. */
export function paddedLength(longest: number): number {
  return Math.max(shortest, Math.ceil(longest / step) * step);
}

/**
 * Puts sequences on the GPU. Each has at least one token.
 *
 * @param prompt first tokens of each that belong to the prompt
 */
export function tokenBatch(
  engine: TensorEngine,
  sequences: readonly ArrayLike<number>[],
  config: EncoderSizes,
  prompt = 0,
): TokenBatch {
  const { padToken, positions, firstPosition } = config;
  const count = sequences.length, lengths = sequences.map(({ length }) => length);
  const tokens = Math.min(paddedLength(lengths.reduce((a, b) => Math.max(a, b), 0)), positions - firstPosition);
  const ids = new Uint32Array(count * tokens).fill(padToken), mask = new Uint32Array(count * tokens).fill(1);
  sequences.forEach((sequence, i) => {
    const from = i * tokens;
    ids.set(sequence, from);
    mask.fill(0, from, from + sequence.length);
  });
  return {
    ids: engine.indices([count, tokens], ids, "tokens"),
    positions: positionsOf(engine, sequences, tokens, config),
    keyPaddingMask: engine.indices([count, tokens], mask, "padding"),
    lengths,
    prompt,
  };
}

/**
 * Positions are counted from the first one. Where the architecture counts them from the padding token's number, such a
 * token in a text stays at that number and is not counted.
 */
function positionsOf(
  engine: TensorEngine,
  sequences: readonly ArrayLike<number>[],
  tokens: number,
  { architecture, firstPosition }: EncoderSizes,
): Tensor {
  const padding = firstPosition - 1;
  const counted = Uint32Array.from({ length: tokens }, (_, i) => firstPosition + i);
  const uncounted = architecture.positionsAfterPadding
    ? sequences.filter((sequence) => Array.prototype.includes.call(sequence, padding))
    : [];
  if (uncounted.length === 0) return engine.indices([tokens], counted, "positions");
  const all = new Uint32Array(sequences.length * tokens);
  sequences.forEach((sequence, i) => {
    all.set(counted, i * tokens);
    let next = firstPosition;
    for (let j = 0; j < sequence.length; j++) all[i * tokens + j] = sequence[j] === padding ? padding : next++;
  });
  return engine.indices([sequences.length, tokens], all, "positions");
}
