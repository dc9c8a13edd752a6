import type { Tensor } from "../tensors/tensor.ts";

/**
 * Makes one number of the losses of pairs or triplets.
 *
 * @param losses any shape; 0 where nothing was mined
 * @param weight 1 where something was mined, else 0, in the shape of the losses; constant
 */
export type Reducer = (losses: Tensor, weight: Tensor) => Tensor;

/** Mean over what was mined; 0 where that is nothing. */
export function mean(losses: Tensor, weight: Tensor): Tensor {
  return losses.sum().div(atLeastOne(weight.sum()));
}

/** Mean over the losses above 0, since triplets or pairs that are in order teach nothing; 0 where there are none. */
export function meanNonZero(losses: Tensor): Tensor {
  return losses.sum().div(losses.engine.noGrad(() => atLeastOne(losses.step().sum())));
}

/** Sum over what was mined. */
export function sum(losses: Tensor): Tensor {
  return losses.sum();
}

/** More than any count. */
const largest = 1e38;

function atLeastOne(count: Tensor): Tensor {
  return count.clamp({ min: 1, max: largest });
}
