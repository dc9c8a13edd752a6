import { fill } from "../elementwise/fill.ts";
import {
  type BufferSlice,
  type Capabilities,
  elementGrid,
  expectRounds,
  type Launcher,
  rowGrid,
  wholeVectors,
} from "../launcher.ts";
import { type AttentionOptions, elementWidth, type GradientOffsets, uniformValues } from "./interface.ts";
import { mostShortTokens, type ShortStack, shortStackKernels } from "./short_stack.ts";
import { streamingKernels } from "./streaming.ts";
import type { StreamingTile } from "./streaming_tile.ts";

/** Operands of `attention`. */
export interface AttentionForwardOptions extends AttentionOptions {
  /** Output, laid out by `yLayout` from its start. */
  readonly y: BufferSlice;
  /** Output, [3, batch, heads, queries], for the way back: the greatest score, 1 / the sum of exponentials, and room. */
  readonly statistics: BufferSlice;
}

/** Operands of `attentionBackward`. */
export interface AttentionBackwardOptions extends AttentionOptions, GradientOffsets {
  /** Output of the forward run. */
  readonly y: BufferSlice;
  /** What the forward run saved; the third part is written. */
  readonly statistics: BufferSlice;
  /** Gradient of y, laid out as y. */
  readonly dy: BufferSlice;
  /** Output: the gradients of q, k and v, laid out as these, from the elements `dq`, `dk` and `dv` on. */
  readonly gradient: BufferSlice;
}

/** A way to compute attention: its name and the shape of its kernels. */
export type AttentionVariant =
  | { readonly name: "short" } & ShortStack
  | { readonly name: "streaming" } & StreamingTile;

/**
 * The variant for sizes on a device. Read from the top; the first line that fits is taken.
 *
 * | when | variant |
 * | --- | --- |
 * | at most 8 queries and 8 keys, no window, no shared keys | `short`, one invocation a sequence and head, all scores in its registers |
 * | a hardware GPU | `streaming`, keys through workgroup memory |
 * | a software GPU with subgroups of 8 or 4 | `streaming`, keys by subgroup broadcasts |
 * | a software GPU without | `streaming`, every invocation reads the keys itself |
 *
 * No variant stores scores in memory: the way back computes them again. With a window, blocks of keys outside it are
 * skipped.
 *
 * @param width numbers read at once: 4 where every size, stride and offset is a multiple of 4, else 1
 */
export function chooseAttentionVariant(
  { queries, keys, heads, keyHeads = heads, window }:
    & Pick<AttentionOptions, "queries" | "keys" | "keyHeads" | "window">
    & Partial<Pick<AttentionOptions, "heads">>,
  width: 4 | 1,
  { software, subgroupSize }: Capabilities,
): AttentionVariant {
  if (Math.max(queries, keys) <= mostShortTokens && !window && keyHeads === heads) {
    return { name: "short", queries, keys, width };
  }
  const form = window ? { width, windowed: true } : { width };
  if (!software) return { name: "streaming", lanes: 64, rows: 1, others: 32, ...form, sharing: "workgroup" };
  if (subgroupSize === 8 || subgroupSize === 4) {
    return { name: "streaming", lanes: subgroupSize, rows: 4, others: 32, ...form, sharing: "broadcast" };
  }
  return { name: "streaming", lanes: 8, rows: 4, others: 16, ...form, sharing: "load" };
}

/**
 * y = dropout(softmax(scale q kᵀ)) v for every sequence and head, without a table of all scores in memory.
 *
 * Keys that the mask names have no weight; each sequence has to keep at least one.
 *
 * @throws ShapeError for a size below 0, and for more tokens than the device can loop over
 * @see Vaswani et al., "Attention is all you need" (2017); Dao, Fu, Ermon, Rudra, Ré, "FlashAttention" (2022)
 */
export function attention(
  launcher: Launcher,
  options: AttentionForwardOptions,
  variant?: AttentionVariant,
): void {
  if (attendsNothing(options)) return fill(launcher, { y: options.y, count: options.y.size / 4, value: 0 });
  withMask(launcher, options, (mask) => {
    const { plan, reads, values } = prepare(launcher, options, { dq: 0, dk: 0, dv: 0 }, mask, variant);
    const y = plan.width === 4 ? wholeVectors(options.y) : options.y;
    if (plan.name === "short") {
      const grid = elementGrid(options.batch * options.heads);
      launcher.dispatch(shortStackKernels(plan).forward, { ...reads, y }, values, grid);
      return;
    }
    expectBlocks(launcher, options, plan, 2);
    const { statistics } = options;
    const { forward } = streamingKernels(plan), grid = tileGrid(plan, options.queries, options.batch * options.heads);
    launcher.dispatch(forward, { ...reads, y, statistics }, values, grid, readsOf(options));
  });
}

/**
 * Gradients of `attention` for q, k and v, in fixed order: one pass for short stacks; for long sequences one over the
 * queries and one over the keys. The dropout's numbers are drawn again.
 *
 * @throws ShapeError for a size below 0
 */
export function attentionBackward(
  launcher: Launcher,
  options: AttentionBackwardOptions,
  variant?: AttentionVariant,
): void {
  if (attendsNothing(options)) {
    return fill(launcher, { y: options.gradient, count: options.gradient.size / 4, value: 0 });
  }
  withMask(launcher, options, (mask) => {
    const { plan, reads, values } = prepare(launcher, options, options, mask, variant);
    const { dy, y, gradient, statistics, batch, heads, keyHeads = heads, queries, keys } = options;
    if (plan.name === "short") {
      const grid = elementGrid(options.batch * options.heads);
      launcher.dispatch(shortStackKernels(plan).backward, { ...reads, dy, gradient }, values, grid);
      return;
    }
    expectBlocks(launcher, options, plan, 4 * heads / keyHeads);
    const { queryGradient, keyGradient } = streamingKernels(plan), numbers = readsOf(options);
    const queryBindings = { ...reads, dy, y, statistics, gradient };
    launcher.dispatch(queryGradient, queryBindings, values, tileGrid(plan, queries, batch * heads), numbers);
    const keyBindings = { ...reads, dy, statistics, gradient };
    launcher.dispatch(keyGradient, keyBindings, values, tileGrid(plan, keys, batch * keyHeads), numbers);
  });
}

/** Hands out the mask, or some memory in its place where there is none. */
function withMask(
  launcher: Launcher,
  { keyPaddingMask }: AttentionOptions,
  launch: (mask: BufferSlice) => void,
): void {
  if (keyPaddingMask) return launch(keyPaddingMask);
  const unused = launcher.scratch(16);
  launch(unused);
  launcher.release(unused);
}

/**
 * Fails where a GPU that is a CPU would end the loops over blocks of tokens before they are done.
 *
 * @param passes how often a block's tokens are gone through
 * @throws ShapeError
 */
function expectBlocks(
  launcher: Launcher,
  { queries, keys, headSize, window }: AttentionOptions,
  { others, lanes, rows, width }: StreamingTile,
  passes: number,
): void {
  const tokens = Math.max(queries, keys), reach = (window?.before ?? tokens) + (window?.after ?? tokens);
  const seen = Math.min(tokens, reach + lanes * rows + others);
  const rounds = Math.ceil(seen / others) * (1 + passes * headSize / width);
  expectRounds(launcher, `attention among ${tokens} tokens by heads of ${headSize}`, rounds);
}

/** About how many numbers the invocations of a streaming kernel read, each for the rows of a tile. */
function readsOf({ batch, heads, queries, keys, headSize }: AttentionOptions): number {
  return batch * heads * queries * keys * headSize / 8;
}

/** True where there is no query or no key: what there is to write is 0. */
function attendsNothing({ batch, heads, queries, keys, headSize }: AttentionOptions): boolean {
  return [batch, heads, queries, keys, headSize].includes(0);
}

function prepare(
  launcher: Launcher,
  options: AttentionOptions,
  { dq, dk, dv }: GradientOffsets,
  mask: BufferSlice,
  variant: AttentionVariant | undefined,
) {
  const offsets = { dq, dk, dv };
  const width = elementWidth(options, offsets);
  const plan = variant ?? chooseAttentionVariant(options, width, launcher.capabilities);
  const { q, k, v } = options;
  return {
    plan,
    reads: { q: q.slice, k: k.slice, v: v.slice, mask },
    values: uniformValues(options, offsets, plan.width),
  };
}

function tileGrid({ lanes, rows }: StreamingTile, tokens: number, pairs: number) {
  return rowGrid(Math.ceil(tokens / (lanes * rows)), pairs);
}
