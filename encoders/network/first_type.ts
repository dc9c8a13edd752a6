import type { Embedding } from "../../engine/nn/embedding.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** The first row of a table of token types, [1, width]. The GPU sets its number, so that steps can be recorded. */
export function firstType(types: Embedding): Tensor {
  const { engine } = types.weight, first = engine.empty([1], "u32", "token type");
  engine.clear(first.slice);
  first.storage.largestIndex = 0;
  return types.forward(first);
}
