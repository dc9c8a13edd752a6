import { add } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { max } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import type { Tensor, TensorEngine } from "../../engine/tensors/tensor.ts";
import { type Pooling, poolingWeights } from "../model_folder/pooling.ts";

/** Far below any hidden state. */
const lowest = -1e30;

/**
 * What a pooling needs to know of a batch, [modes, batch, tokens]: the weight of each token, or, for "max", what is added
 * to a token to leave it out.
 *
 * @param lengths tokens of each sequence, without padding
 * @param tokens tokens of each sequence, with padding
 * @param prompt first tokens of each sequence that belong to the prompt
 */
export function tokenWeights(
  engine: TensorEngine,
  { modes, includePrompt }: Pooling,
  lengths: readonly number[],
  tokens: number,
  prompt: number,
): Tensor {
  const skipped = includePrompt ? 0 : prompt, count = lengths.length;
  const weights = new Float32Array(modes.length * count * tokens);
  modes.forEach((mode, m) =>
    lengths.forEach((length, i) => {
      const from = (m * count + i) * tokens;
      if (mode === "max") weights.fill(lowest, from, from + tokens).fill(0, from + skipped, from + length);
      else weights.set(poolingWeights(mode, length, skipped), from);
    })
  );
  return engine.tensor([modes.length, count, tokens], weights, "weights of tokens");
}

/** One row for each sequence: `hidden` [batch, tokens, width], `weights` [modes, batch, tokens] → [batch, modes × width]. */
export function pool(hidden: Tensor, weights: Tensor, { modes }: Pooling): Tensor {
  const [count, tokens, width] = hidden.shape as [number, number, number];
  const parts = modes.map((mode, m) => {
    const x = modes.length === 1 ? weights : slice({ x: weights }, { axis: 0, start: m, end: m + 1 });
    if (mode === "max") {
      return max({ x: add({ a: hidden, b: reshape({ x }, { shape: [count, tokens, 1] }) }) }, { axis: 1 });
    }
    const shares = reshape({ x }, { shape: [count, 1, tokens] });
    return reshape({ x: matmul({ a: shares, b: hidden }) }, { shape: [count, width] });
  });
  return parts.length === 1 ? parts[0]! : concat(parts, { axis: 1 });
}
