import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { EncoderConfig } from "./config.ts";

/** Sequences of tokens side by side, filled up to one length. */
export interface TokenBatch {
  /** Numbers of the tokens, [batch, tokens] (u32). */
  readonly ids: Tensor;
  /** Rows of the table of positions, [tokens] (u32). */
  readonly positions: Tensor;
  /** [batch, tokens] (u32); 1 where a sequence is filled up. */
  readonly keyPaddingMask: Tensor;
  /** 1 / length of the sequence at each of its tokens, 0 behind them, [batch, 1, tokens]. */
  readonly share: Tensor;
}

/** Lengths are filled up to a multiple of this. */
const step = 8;
/** Attention among fewer tokens has kernels of its own for every length, whose compiling would take longer than it saves. */
const shortest = 16;

/** The length to which sequences are filled up whose longest has so many tokens. */
export function paddedLength(longest: number): number {
  return Math.max(shortest, Math.ceil(longest / step) * step);
}

/** Puts sequences on the GPU. Each has at least one token. */
export function tokenBatch(
  engine: Engine,
  sequences: readonly ArrayLike<number>[],
  { padToken, positions, firstPosition }: EncoderConfig,
): TokenBatch {
  const count = sequences.length, longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const tokens = Math.min(paddedLength(longest), positions - firstPosition);
  const ids = new Uint32Array(count * tokens).fill(padToken), mask = new Uint32Array(count * tokens).fill(1);
  const share = new Float32Array(count * tokens);
  sequences.forEach((sequence, i) => {
    const from = i * tokens, end = from + sequence.length;
    ids.set(sequence, from);
    mask.fill(0, from, end);
    share.fill(1 / sequence.length, from, end);
  });
  return {
    ids: engine.indices([count, tokens], ids, "tokens"),
    positions: engine.indices([tokens], Uint32Array.from({ length: tokens }, (_, i) => firstPosition + i), "positions"),
    keyPaddingMask: engine.indices([count, tokens], mask, "padding"),
    share: engine.tensor([count, 1, tokens], share, "share of a token"),
  };
}
