import { asOperand, type Linear } from "../../engine/nn/linear.ts";
import { concat } from "../../engine/ops/concat.ts";
import { linear } from "../../engine/ops/linear.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** The outputs of layers with one input, side by side: one product of their whole width is faster than several. */
export function fusedLinear(x: Tensor, parts: readonly Linear[]): Tensor {
  const weight = concat(parts.map(({ adapted }) => adapted), { axis: 0 }), { operands } = parts[0]!;
  const biases = parts.map(({ bias }) => bias).filter((bias) => bias !== null);
  const bias = biases.length > 0 ? concat(biases, { axis: 0 }) : undefined;
  return linear({ x: asOperand(x, operands), weight: asOperand(weight, operands), bias });
}
