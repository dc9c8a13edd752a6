import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import type { Dropout } from "../dropout/keep.ts";
import { keepUniforms, keepValues } from "../dropout/keep.ts";
import { ShapeError } from "../errors.ts";
import type { BufferSlice, UniformValue } from "../launcher.ts";
import { drawUniforms, drawValues, withPhilox } from "../random/draw.ts";
import sharedCode from "./attention.wgsl" with { type: "text" };

/** Where the tokens of an operand lie, in four-byte elements; the head's own elements are neighbours. */
export interface TokenLayout {
  /** From one sequence to the next. */
  readonly batch: number;
  /** From one head to the next. */
  readonly head: number;
  /** From one token to the next. */
  readonly token: number;
}

/** A tensor of tokens: a slice, and the element of it where the first token starts. */
export interface TokenSlice {
  /** The memory. */
  readonly slice: BufferSlice;
  /** Element of the first token's first number; 0 by default. */
  readonly offset?: number;
}

/** How far from a query the keys may stand that it sees; positions are counted from the first query and the first key. */
export interface AttentionWindow {
  /** Tokens before it; `Infinity` for all. */
  readonly before: number;
  /** Tokens after it; 0 for causal attention, `Infinity` for all. */
  readonly after: number;
}

/** Sizes, operands and options that attention needs on both ways. */
export interface AttentionOptions {
  /** Sequences. */
  readonly batch: number;
  /** Heads of the queries. */
  readonly heads: number;
  /** Heads of the keys and values, each shared by neighbouring heads of the queries; `heads` by default. */
  readonly keyHeads?: number | undefined;
  /** Queries of a sequence. */
  readonly queries: number;
  /** Keys of a sequence. */
  readonly keys: number;
  /** Width of a head. */
  readonly headSize: number;
  /** Factor of the scores. */
  readonly scale: number;
  /** Queries. */
  readonly q: TokenSlice;
  /** Keys. */
  readonly k: TokenSlice;
  /** Values. */
  readonly v: TokenSlice;
  /** How q lies. */
  readonly qLayout: TokenLayout;
  /** How k and v lie. */
  readonly kvLayout: TokenLayout;
  /** How y lies, and its gradient. */
  readonly yLayout: TokenLayout;
  /** [batch, keys] of u32; other than 0: the key is ignored. Each sequence has to keep a key. */
  readonly keyPaddingMask?: BufferSlice | undefined;
  /** Which keys a query sees by their distance; all by default. */
  readonly window?: AttentionWindow | undefined;
  /** Dropout of the softmax, if any. */
  readonly dropout?: Dropout | undefined;
}

/** Where the gradients start in their buffer. */
export interface GradientOffsets {
  /** Element where that of q starts. */
  readonly dq: number;
  /** Element where that of k starts. */
  readonly dk: number;
  /** Element where that of v starts. */
  readonly dv: number;
}

/** What all attention kernels read. */
export const reads = { q: "read", k: "read", v: "read", mask: "read" } as const;

/** Uniform fields of all attention kernels. */
export const uniforms = {
  batch: "u32",
  heads: "u32",
  queries: "u32",
  keys: "u32",
  head_size: "u32",
  scale: "f32",
  has_mask: "u32",
  q_offset: "u32",
  q_batch: "u32",
  q_head: "u32",
  q_token: "u32",
  k_offset: "u32",
  v_offset: "u32",
  kv_batch: "u32",
  kv_head: "u32",
  kv_token: "u32",
  y_batch: "u32",
  y_head: "u32",
  y_token: "u32",
  dq_offset: "u32",
  dk_offset: "u32",
  dv_offset: "u32",
  group: "u32",
  before: "u32",
  after: "u32",
  ...keepUniforms,
  ...drawUniforms,
} as const;

/**
 * Operations of a kernel that makes so many products of queries and keys.
 *
 * @param width of the elements in which sizes are counted
 */
export function attentionFlops(products: number, width: number) {
  return ({ batch, heads, queries, keys, head_size }: Readonly<Record<keyof typeof uniforms, number>>): number =>
    products * 2 * batch * heads * queries * keys * head_size * width;
}

/** What stands before every attention kernel. */
export const prelude = withPhilox(`${stableCode}\n${sharedCode}`);

/** The widest element, 4 or 1 numbers, that all sizes, strides and offsets are multiples of. */
export function elementWidth(options: AttentionOptions, offsets: GradientOffsets): 4 | 1 {
  const { headSize, q, k, v, qLayout, kvLayout, yLayout } = options;
  const strides = [qLayout, kvLayout, yLayout].flatMap(({ batch, head, token }) => [batch, head, token]);
  const starts = [q, k, v].map(({ offset = 0 }) => offset);
  return [headSize, ...strides, ...starts, ...Object.values(offsets)].every((size) => size % 4 === 0) ? 4 : 1;
}

/**
 * Values of the uniforms, with sizes in elements of `width` numbers.
 *
 * @throws ShapeError for a size under 1, heads that cannot share those of the keys, or a window where queries and keys are
 *   of different number
 */
export function uniformValues(
  options: AttentionOptions,
  { dq, dk, dv }: GradientOffsets,
  width: 4 | 1,
): Record<keyof typeof uniforms, UniformValue> {
  const { batch, heads, queries, keys, headSize, scale, q, k, v, qLayout, kvLayout, yLayout, dropout } = options;
  for (const [name, size] of Object.entries({ batch, heads, queries, keys, headSize })) {
    if (!(size >= 1)) throw new ShapeError(`attention: ${name} is ${size}; at least 1 is expected.`);
  }
  const { keyHeads = heads, window } = options;
  if (!(keyHeads >= 1 && heads % keyHeads === 0)) {
    throw new ShapeError(`attention: ${heads} heads of queries cannot share ${keyHeads} heads of keys.`);
  }
  if (window && queries !== keys) {
    throw new ShapeError(`attention: a window needs as many keys as queries; ${keys} and ${queries} were found.`);
  }
  return {
    batch,
    heads,
    queries,
    keys,
    head_size: headSize / width,
    scale,
    has_mask: options.keyPaddingMask ? 1 : 0,
    q_offset: (q.offset ?? 0) / width,
    q_batch: qLayout.batch / width,
    q_head: qLayout.head / width,
    q_token: qLayout.token / width,
    k_offset: (k.offset ?? 0) / width,
    v_offset: (v.offset ?? 0) / width,
    kv_batch: kvLayout.batch / width,
    kv_head: kvLayout.head / width,
    kv_token: kvLayout.token / width,
    y_batch: yLayout.batch / width,
    y_head: yLayout.head / width,
    y_token: yLayout.token / width,
    dq_offset: dq / width,
    dk_offset: dk / width,
    dv_offset: dv / width,
    group: heads / keyHeads,
    before: Math.min(window?.before ?? keys, keys),
    after: Math.min(window?.after ?? keys, keys),
    ...keepValues(dropout?.probability ?? 0),
    ...drawValues(dropout?.draw ?? { seed: 0 }),
  };
}
