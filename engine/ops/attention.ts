import {
  attention as launch,
  attentionBackward as launchBackward,
  type AttentionForwardOptions,
} from "../../kernels/attention/attention.ts";
import type { AttentionOptions, TokenSlice } from "../../kernels/attention/interface.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type BufferSlice, part } from "../../kernels/launcher.ts";
import { type Op, op } from "../autograd.ts";
import type { Engine } from "../engine.ts";
import { expectShape, shapeText } from "../shapes.ts";
import { elementCount, type Shape, Storage, Tensor } from "../tensor.ts";

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
  /** Queries, keys and values side by side, [batch, tokens, 3 width]. */
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

/** What the forward run keeps: the launch's operands, and the softmax's statistics. */
interface Saved {
  readonly options: Omit<AttentionForwardOptions, "y" | "statistics">;
  readonly statistics: Tensor;
}

/**
 * softmax(scale q kᵀ) v for every sequence and head, with dropout inside. No table of scores is stored: the way back
 * computes them again.
 *
 * `q` [batch, heads, queries, size], `k` and `v` [batch, heads, keys, size] → [batch, heads, queries, size].
 *
 * @throws ShapeError when the sizes do not fit together
 * @see Vaswani et al., "Attention is all you need" (2017)
 */
export const scaledDotProductAttention: Op<AttentionInputs, AttentionSettings> = op("attention", {
  forward(
    { q, k, v, keyPaddingMask }: AttentionInputs,
    { scale, dropout }: AttentionSettings,
    save: (s: Saved) => void,
  ) {
    const [batch, heads, queries, headSize] = axes(q, "q", ["batch", "heads", "queries", "size"]);
    const keys = k.shape[2] ?? 0;
    expectShape("attention", "k", k, [batch, heads, keys, headSize]);
    expectShape("attention", "v", v, k.shape);
    const layout = (tokens: number) => ({ batch: heads * tokens * headSize, head: tokens * headSize, token: headSize });
    const sizes = { batch, heads, queries, keys, headSize, scale: scale ?? 1 / Math.sqrt(headSize) };
    const operands = { q: { slice: q.slice }, k: { slice: k.slice }, v: { slice: v.slice } };
    const layouts = { qLayout: layout(queries), kvLayout: layout(keys), yLayout: layout(queries) };
    return forward(q.engine, { ...sizes, ...operands, ...layouts }, { keyPaddingMask, dropout }, q.shape, save);
  },
  backward({ inputs: { q, k, v }, output, saved }, dy) {
    const gradients = once(() => {
      const made = sideBySide(q.engine, [q.shape, k.shape, v.shape]);
      const [dq, dk, dv] = made.offsets as [number, number, number];
      backward(saved, output, dy, made.whole, { dq, dk, dv });
      return made.tensors;
    });
    return { q: () => gradients()[0]!, k: () => gradients()[1]!, v: () => gradients()[2]! };
  },
});

/**
 * Multi-head self-attention over the tokens of each sequence, without its projections: heads are columns of `qkv`, which
 * are read where they are.
 *
 * `qkv` [batch, tokens, 3 width] → [batch, tokens, width].
 *
 * @throws ShapeError when the width is no multiple of the heads, or the mask has another shape
 * @see Vaswani et al., "Attention is all you need" (2017), section 3.2.2
 */
export const selfAttention: Op<SelfAttentionInputs, MultiHeadSettings> = op("self_attention", {
  forward({ qkv, keyPaddingMask }: SelfAttentionInputs, settings: MultiHeadSettings, save: (s: Saved) => void) {
    const [batch, tokens, columns] = axes(qkv, "qkv", ["batch", "tokens", "3 width"]);
    const width = columns / 3;
    const from = (offset: number) => ({ slice: qkv.slice, offset });
    const operands = { q: from(0), k: from(width), v: from(2 * width) };
    const sizes = { batch, queries: tokens, keys: tokens, width };
    const options = multiHead(sizes, operands, settings.heads, columns, columns);
    return forward(qkv.engine, options, { ...settings, keyPaddingMask }, [batch, tokens, width], save);
  },
  backward: ({ inputs: { qkv }, output, saved }, dy) => ({
    qkv() {
      const gradient = qkv.engine.empty(qkv.shape), width = output.shape[2]!;
      backward(saved, output, dy, gradient.slice, { dq: 0, dk: width, dv: 2 * width });
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
  forward({ q, kv, keyPaddingMask }: CrossAttentionInputs, settings: MultiHeadSettings, save: (s: Saved) => void) {
    const [batch, queries, width] = axes(q, "q", ["batch", "queries", "width"]);
    const keys = kv.shape[1] ?? 0;
    expectShape("attention", "kv", kv, [batch, keys, 2 * width]);
    const operands = { q: { slice: q.slice }, k: { slice: kv.slice }, v: { slice: kv.slice, offset: width } };
    const options = multiHead({ batch, queries, keys, width }, operands, settings.heads, width, 2 * width);
    return forward(q.engine, options, { ...settings, keyPaddingMask }, q.shape, save);
  },
  backward({ inputs: { q, kv }, output, saved }, dy) {
    const gradients = once(() => {
      const made = sideBySide(q.engine, [q.shape, kv.shape]);
      const [dq, dkv] = made.offsets as [number, number];
      backward(saved, output, dy, made.whole, { dq, dk: dkv, dv: dkv + q.shape[2]! });
      return made.tensors;
    });
    return { q: () => gradients()[0]!, kv: () => gradients()[1]! };
  },
});

type Unmasked = Omit<AttentionOptions, "keyPaddingMask" | "dropout">;

/** Heads as columns of tokens; `qToken` and `kvToken` are the columns of their tensors. */
function multiHead(
  { batch, queries, keys, width }: { batch: number; queries: number; keys: number; width: number },
  operands: Readonly<Record<"q" | "k" | "v", TokenSlice>>,
  heads: number,
  qToken: number,
  kvToken: number,
): Unmasked {
  const headSize = width / heads;
  if (!Number.isInteger(headSize)) {
    throw new ShapeError(`attention: a width of ${width} cannot be divided into ${heads} heads.`);
  }
  const layout = (tokens: number, token: number) => ({ batch: tokens * token, head: headSize, token });
  return {
    ...operands,
    ...{ batch, heads, queries, keys, headSize, scale: 1 / Math.sqrt(headSize) },
    ...{ qLayout: layout(queries, qToken), kvLayout: layout(keys, kvToken), yLayout: layout(queries, width) },
  };
}

function forward(
  engine: Engine,
  unmasked: Unmasked,
  { keyPaddingMask, dropout = 0 }: { keyPaddingMask?: Tensor | undefined; dropout?: number | undefined },
  shape: Shape,
  save: (saved: Saved) => void,
): Tensor {
  const { batch, heads, queries, keys } = unmasked;
  if (keyPaddingMask) expectShape("attention", "keyPaddingMask", keyPaddingMask, [batch, keys]);
  const options = {
    ...unmasked,
    keyPaddingMask: keyPaddingMask?.slice,
    dropout: dropout > 0 ? { probability: dropout, draw: engine.random.next() } : undefined,
  };
  const y = engine.empty(shape), statistics = engine.empty([3, batch, heads, queries]);
  launch(engine.stream, { ...options, y: y.slice, statistics: statistics.slice });
  save({ options, statistics });
  return y;
}

function backward(
  { options, statistics }: Saved,
  y: Tensor,
  dy: Tensor,
  gradient: BufferSlice,
  offsets: { dq: number; dk: number; dv: number },
): void {
  const operands = { y: y.slice, dy: dy.slice, statistics: statistics.slice, gradient };
  launchBackward(y.engine.stream, { ...options, ...operands, ...offsets });
}

/** Elements that a slice of a buffer may start at multiples of. */
const alignment = 64;

/** Tensors in one piece of memory, each freed on its own, and the elements they start at. */
function sideBySide(engine: Engine, shapes: readonly Shape[]) {
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
    return engine.adopt(new Tensor(engine, shape, new Storage(slice, () => owner.release())));
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
