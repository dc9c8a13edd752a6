import { attention as launch, attentionBackward as launchBackward } from "../../kernels/attention/attention.ts";
import type { AttentionOptions, AttentionWindow, GradientOffsets } from "../../kernels/attention/interface.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type BufferSlice, part } from "../../kernels/launcher.ts";
import type { Draw } from "../../kernels/random/draw.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, shapeText } from "../tensors/shapes.ts";
import { elementCount, type Shape, Storage } from "../tensors/storage.ts";
import { Tensor, type TensorEngine } from "../tensors/tensor.ts";
import { probability as dropout } from "./dropout.ts";

/** Inputs of `scaledDotProductAttention`. */
export interface AttentionInputs {
  /** Queries, [batch, heads, queries, size]. */
  readonly q: Tensor;
  /** Keys, [batch, heads, keys, size]. */
  readonly k: Tensor;
  /** Values, [batch, heads, keys, size]. */
  readonly v: Tensor;
  /** [batch, keys] (u32); 1: the key is ignored. Each sequence has to keep a key. */
  readonly keyPaddingMask?: Tensor | undefined;
}

/** Options of `scaledDotProductAttention`. */
export interface AttentionSettings {
  /** Factor of the scores; 1 / √size by default. */
  readonly scale?: number;
  /** Probability that an element of the softmax is dropped; 0 by default. */
  readonly dropout?: number;
}

/** Inputs of `selfAttention`. */
export interface SelfAttentionInputs {
  /** Queries, keys and values side by side, [batch, tokens, (heads + 2 keyHeads) size]; [..., 3 width] with as many. */
  readonly qkv: Tensor;
  /** [batch, tokens] (u32); 1: the key is ignored. Each sequence has to keep a key. */
  readonly keyPaddingMask?: Tensor | undefined;
}

/** Inputs of `crossAttention`. */
export interface CrossAttentionInputs {
  /** Queries, [batch, queries, width]. */
  readonly q: Tensor;
  /** Keys and values side by side, [batch, keys, 2 width]. */
  readonly kv: Tensor;
  /** [batch, keys] (u32); 1: the key is ignored. Each sequence has to keep a key. */
  readonly keyPaddingMask?: Tensor | undefined;
}

/** Options of `selfAttention` and `crossAttention`. */
export interface MultiHeadSettings {
  /** Heads that the width is divided into. */
  readonly heads: number;
  /** Probability that an element of the softmax is dropped; 0 by default. */
  readonly dropout?: number;
}

/** Options of `selfAttention`. */
export interface SelfAttentionSettings extends MultiHeadSettings {
  /** Heads of the keys and values, each shared by neighbouring heads of the queries; `heads` by default. */
  readonly keyHeads?: number | undefined;
  /** Which keys a query sees by their distance; all by default. `{ before: Infinity, after: 0 }` is causal. */
  readonly window?: AttentionWindow | undefined;
  /** Factor of the scores; 1 / √size by default. */
  readonly scale?: number | undefined;
}

const heads = { from: 1, whole: true };

/** What the forward run keeps: the dropout's draw, and the softmax's statistics. */
interface Saved {
  readonly draw: Draw | undefined;
  readonly statistics: Tensor;
}

/**
 * softmax(scale q kᵀ) v for every sequence and head, with dropout inside. No table of scores is stored: the backward pass
 * computes them again.
 *
 * `q` [batch, heads, queries, size], `k` and `v` [batch, heads, keys, size] → [batch, heads, queries, size].
 *
 * @throws ShapeError when the sizes do not fit together
 * @see Vaswani et al., "Attention is all you need" (2017)
 */
export const scaledDotProductAttention: Op<AttentionInputs, AttentionSettings> = op("attention", {
  u32: ["keyPaddingMask"],
  settings: { dropout },
  forward: (inputs: AttentionInputs, settings: AttentionSettings, save: (saved: Saved) => void) =>
    forward(inputs.q.engine, apart(inputs, settings), inputs.q.shape, save),
  backward({ inputs, options, output, saved }, dy) {
    const { q, k, v } = inputs;
    const gradients = once(() => {
      const made = sideBySide(q.engine, [q.shape, k.shape, v.shape]);
      const [dq, dk, dv] = made.offsets as [number, number, number];
      backward(apart(inputs, options), saved, output, dy, made.whole, { dq, dk, dv });
      return made.tensors;
    });
    return { q: () => gradients()[0]!, k: () => gradients()[1]!, v: () => gradients()[2]! };
  },
});

/**
 * Multi-head self-attention over the tokens of each sequence, without its projections: heads are columns of `qkv`, which
 * are read where they are.
 *
 * `qkv` [batch, tokens, (heads + 2 keyHeads) size] → [batch, tokens, heads size].
 *
 * @throws ShapeError when the columns cannot be divided into the heads, heads cannot share those of the keys evenly, or the
 *   mask has another shape
 * @see Vaswani et al., "Attention is all you need" (2017), section 3.2.2; Ainslie et al., "GQA: training generalized
 * multi-query transformer models" (2023); Beltagy, Peters, Cohan, "Longformer" (2020)
 */
export const selfAttention: Op<SelfAttentionInputs, SelfAttentionSettings> = op("self_attention", {
  u32: ["keyPaddingMask"],
  settings: { heads, keyHeads: heads, dropout },
  forward(inputs: SelfAttentionInputs, settings: SelfAttentionSettings, save: (saved: Saved) => void) {
    const { engine, shape } = inputs.qkv;
    const problem = within(inputs, settings);
    return forward(engine, problem, [shape[0]!, shape[1]!, problem.heads * problem.headSize], save);
  },
  backward: ({ inputs, options, output, saved }, dy) => ({
    qkv() {
      const { engine, shape } = inputs.qkv, problem = within(inputs, options);
      const gradient = engine.empty(shape);
      const offsets = { dq: 0, dk: problem.k.offset!, dv: problem.v.offset! };
      backward(problem, saved, output, dy, gradient.slice, offsets);
      return gradient;
    },
  }),
});

/**
 * Multi-head attention of one sequence's queries over another's keys and values, without its projections.
 *
 * `q` [batch, queries, width], `kv` [batch, keys, 2 width] → [batch, queries, width].
 *
 * @throws ShapeError when the width is no multiple of the heads, or the sizes do not fit together
 * @see Vaswani et al., "Attention is all you need" (2017), section 3.2.2
 */
export const crossAttention: Op<CrossAttentionInputs, MultiHeadSettings> = op("cross_attention", {
  u32: ["keyPaddingMask"],
  settings: { heads, dropout },
  forward: (inputs: CrossAttentionInputs, settings: MultiHeadSettings, save: (saved: Saved) => void) =>
    forward(inputs.q.engine, across(inputs, settings), inputs.q.shape, save),
  backward({ inputs, options, output, saved }, dy) {
    const { q, kv } = inputs;
    const gradients = once(() => {
      const made = sideBySide(q.engine, [q.shape, kv.shape]);
      const [dq, dkv] = made.offsets as [number, number];
      const offsets = { dq, dk: dkv, dv: dkv + q.shape[2]! };
      backward(across(inputs, options), saved, output, dy, made.whole, offsets);
      return made.tensors;
    });
    return { q: () => gradients()[0]!, kv: () => gradients()[1]! };
  },
});

/** Sizes, operands and layouts of a launch, and the probability of its dropout. */
interface Problem extends Omit<AttentionOptions, "dropout"> {
  readonly probability: number;
}

/** Heads on an axis of their own. */
function apart({ q, k, v, keyPaddingMask }: AttentionInputs, { scale, dropout = 0 }: AttentionSettings): Problem {
  const [batch, heads, queries, headSize] = axes(q, "q", ["batch", "heads", "queries", "size"]);
  const keys = k.shape[2] ?? 0;
  expectShape("attention", "k", k, [batch, heads, keys, headSize]);
  expectShape("attention", "v", v, k.shape);
  const layout = (tokens: number) => ({ batch: heads * tokens * headSize, head: tokens * headSize, token: headSize });
  return {
    ...{ batch, heads, queries, keys, headSize, scale: scale ?? 1 / Math.sqrt(headSize) },
    ...{ q: { slice: q.slice }, k: { slice: k.slice }, v: { slice: v.slice } },
    ...{ qLayout: layout(queries), kvLayout: layout(keys), yLayout: layout(queries) },
    keyPaddingMask: maskOf(keyPaddingMask, batch, keys),
    probability: dropout,
  };
}

/** Heads as columns of one projection. */
function within({ qkv, keyPaddingMask }: SelfAttentionInputs, settings: SelfAttentionSettings): Problem {
  const { heads, keyHeads = heads, window, scale } = settings;
  const [batch, tokens, columns] = axes(qkv, "qkv", ["batch", "tokens", "columns"]);
  const headSize = columns / (heads + 2 * keyHeads), width = heads * headSize;
  if (keyHeads !== heads && !Number.isInteger(headSize)) {
    const shares = `${heads} heads of queries and ${keyHeads} of keys and of values`;
    throw new ShapeError(`attention: ${columns} columns cannot be divided into ${shares}.`);
  }
  const at = (offset: number) => ({ slice: qkv.slice, offset });
  const operands = { q: at(0), k: at(width), v: at(width + keyHeads * headSize), keyPaddingMask };
  const problem = columnsOf({ batch, queries: tokens, keys: tokens, width }, operands, settings, columns, columns);
  return { ...problem, keyHeads, window, scale: scale ?? problem.scale };
}

/** Heads as columns of the queries and of the keys and values. */
function across({ q, kv, keyPaddingMask }: CrossAttentionInputs, settings: MultiHeadSettings): Problem {
  const [batch, queries, width] = axes(q, "q", ["batch", "queries", "width"]);
  const keys = kv.shape[1] ?? 0;
  expectShape("attention", "kv", kv, [batch, keys, 2 * width]);
  const keysAndValues = { k: { slice: kv.slice }, v: { slice: kv.slice, offset: width } };
  const operands = { q: { slice: q.slice }, ...keysAndValues, keyPaddingMask };
  return columnsOf({ batch, queries, keys, width }, operands, settings, width, 2 * width);
}

/** Heads as columns of tokens; `qToken` and `kvToken` are the columns of their tensors. */
function columnsOf(
  { batch, queries, keys, width }: { batch: number; queries: number; keys: number; width: number },
  { keyPaddingMask, ...operands }: Pick<AttentionOptions, "q" | "k" | "v"> & { keyPaddingMask: Tensor | undefined },
  { heads, dropout = 0 }: MultiHeadSettings,
  qToken: number,
  kvToken: number,
): Problem {
  const headSize = width / heads;
  if (!Number.isInteger(headSize)) {
    throw new ShapeError(`attention: a width of ${width} cannot be divided into ${heads} heads.`);
  }
  const layout = (tokens: number, token: number) => ({ batch: tokens * token, head: headSize, token });
  return {
    ...operands,
    ...{ batch, heads, queries, keys, headSize, scale: 1 / Math.sqrt(headSize) },
    ...{ qLayout: layout(queries, qToken), kvLayout: layout(keys, kvToken), yLayout: layout(queries, width) },
    keyPaddingMask: maskOf(keyPaddingMask, batch, keys),
    probability: dropout,
  };
}

function maskOf(keyPaddingMask: Tensor | undefined, batch: number, keys: number): BufferSlice | undefined {
  if (keyPaddingMask) expectShape("attention", "keyPaddingMask", keyPaddingMask, [batch, keys]);
  return keyPaddingMask?.slice;
}

function forward(
  engine: TensorEngine,
  { probability, ...problem }: Problem,
  shape: Shape,
  save: (saved: Saved) => void,
): Tensor {
  const { batch, heads, queries } = problem;
  const draw = probability > 0 ? engine.random.next() : undefined;
  const y = engine.empty(shape), statistics = engine.empty([3, batch, heads, queries]);
  const dropout = draw && { probability, draw };
  launch(engine.stream, { ...problem, dropout, y: y.slice, statistics: statistics.slice });
  save({ draw, statistics });
  return y;
}

function backward(
  { probability, ...problem }: Problem,
  { draw, statistics }: Saved,
  y: Tensor,
  dy: Tensor,
  gradient: BufferSlice,
  offsets: GradientOffsets,
): void {
  const dropout = draw && { probability, draw };
  const operands = { y: y.slice, dy: dy.slice, statistics: statistics.slice, gradient };
  launchBackward(y.engine.stream, { ...problem, ...operands, ...offsets, dropout });
}

/** Elements that a slice of a buffer may start at multiples of. */
const alignment = 64;

/** Tensors in one piece of memory, each freed on its own, and the elements they start at. */
function sideBySide(engine: TensorEngine, shapes: readonly Shape[]) {
  const offsets: number[] = [];
  let total = 0;
  for (const shape of shapes) {
    offsets.push(total);
    total += Math.ceil(elementCount(shape) / alignment) * alignment;
  }
  const storage = engine.allocate(total * 4, "gradients of attention"), whole = storage.slices[0]!;
  const tensors = shapes.map((shape, i) => {
    const owner = i === 0 ? storage : storage.share();
    const slice = part(whole, offsets[i]!, elementCount(shape));
    return engine.adopt(new Tensor(engine, shape, new Storage(slice, () => owner.release(), owner)));
  });
  return { whole, offsets, tensors };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function axes<Names extends readonly string[]>(
  tensor: Tensor,
  argument: string,
  names: readonly [...Names],
): { [Name in keyof Names]: number } {
  if (tensor.shape.length !== names.length) {
    throw new ShapeError(
      `attention: ${argument} is ${shapeText(tensor.shape)}, but [${names.join(", ")}] is expected.`,
    );
  }
  return tensor.shape as unknown as { [Name in keyof Names]: number };
}
