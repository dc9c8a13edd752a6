import { add, multiply } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { dropout as drop } from "../../engine/ops/dropout.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { permute } from "../../engine/ops/permute.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import { softmax } from "../../engine/ops/softmax.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Inputs of `biasedSelfAttention`. */
export interface BiasedAttentionInputs {
  /** Queries, keys and values side by side, [batch, tokens, 3 width]. */
  readonly qkv: Tensor;
  /** Added to the scores, [heads, tokens, tokens]. */
  readonly bias: Tensor;
  /** [batch, tokens] (u32); 1: the key is ignored. */
  readonly keyPaddingMask: Tensor;
}

/** Far under any score. */
const lowest = -1e30;

/**
 * Self-attention whose scores have something added, without its projections. Unlike `selfAttention` it keeps the scores of
 * all pairs of tokens. → [batch, tokens, width]
 */
export function biasedSelfAttention(
  { qkv, bias, keyPaddingMask }: BiasedAttentionInputs,
  { heads, dropout }: { readonly heads: number; readonly dropout: number },
): Tensor {
  const { engine, shape } = qkv, [batch, tokens, columns] = shape as [number, number, number];
  const width = columns / 3, headSize = width / heads;
  const [q, k, v] = [0, 1, 2].map((part) => {
    const x = slice({ x: qkv }, { axis: 2, start: part * width, end: (part + 1) * width });
    return permute({ x: reshape({ x }, { shape: [batch, tokens, heads, headSize] }) }, { order: [0, 2, 1, 3] });
  }) as [Tensor, Tensor, Tensor];
  const scale = engine.full([], 1 / Math.sqrt(headSize));
  const penalty = concat([engine.full([1, 1], 0), engine.full([1, 1], lowest)], { axis: 0 });
  const scores = add({ a: multiply({ a: matmul({ a: q, b: k }, { transposeB: true }), b: scale }), b: bias });
  const ignored = reshape({ x: embedding({ weight: penalty, index: keyPaddingMask }) }, {
    shape: [batch, 1, 1, tokens],
  });
  const shares = softmax({ x: add({ a: scores, b: ignored }) });
  const mixed = matmul({ a: dropout > 0 ? drop({ x: shares }, { p: dropout }) : shares, b: v });
  return reshape({ x: permute({ x: mixed }, { order: [0, 2, 1, 3] }) }, { shape: [batch, tokens, width] });
}
