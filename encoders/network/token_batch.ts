import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import type { EncoderSizes } from "./encoder_sizes.ts";

/** Sequences of tokens side by side, padded to one length. */
export type TokenBatch = {
  /** Numbers of the tokens, [batch, tokens] (u32). */
  readonly ids: Tensor;
  /** Rows of the table of positions (u32): [tokens], or [batch, tokens] where they differ between sequences. */
  readonly positions: Tensor;
  /** [batch, tokens] (u32); 1 where a sequence is filled up. */
  readonly keyPaddingMask: Tensor;
  /** Buckets of the distances from queries to keys, [tokens, tokens] (u32), where the architecture has a bias for them. */
  readonly distances?: Tensor;
  /** Tables of rotary positions back to back, where the architecture has those; see `packRotaryTables`. */
  readonly rotary?: Tensor;
};

/** Lengths are filled up to a multiple of this. */
export const step = 8;
/** Attention among fewer tokens has kernels of its own for every length, whose compiling would take longer than it saves. */
const shortest = 16;

/** The length to which sequences are filled up whose longest has so many tokens. */
export function paddedLength(longest: number): number {
  return Math.max(shortest, Math.ceil(longest / step) * step);
}

/** Puts sequences on the GPU, without the tables of an architecture. Each has at least one token. */
export function tokenBatch(
  engine: TensorEngine,
  sequences: readonly ArrayLike<number>[],
  config: EncoderSizes,
): TokenBatch {
  const { padToken, positions, firstPosition, vocabulary } = config;
  const count = sequences.length, longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const tokens = Math.min(paddedLength(longest), positions - firstPosition);
  const ids = new Uint32Array(count * tokens).fill(padToken), mask = new Uint32Array(count * tokens).fill(1);
  sequences.forEach((sequence, i) => {
    const from = i * tokens;
    ids.set(sequence, from);
    mask.fill(0, from, from + sequence.length);
  });
  const sent = engine.indices([count, tokens], ids, "tokens");
  // One bound for all batches, so that a recorded step need not look at the tokens of the next one.
  sent.storage.largestIndex = Math.max(sent.storage.largestIndex ?? 0, vocabulary - 1);
  return {
    ids: sent,
    positions: positionsOf(engine, sequences, tokens, config),
    keyPaddingMask: engine.indices([count, tokens], mask, "padding"),
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
