import { backward } from "../engine/autograd.ts";
import type { Optimizer } from "../engine/optim/optimizer.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { LabelledBatch } from "./batch.ts";
import type { Model } from "./model.ts";

/**
 * Forward, backward and one step of the optimiser. Call it inside `engine.step`.
 *
 * @returns the loss, and the status of the gradients that `clipGradNorm` gives
 */
export function trainStep(
  { recipe, network, settings }: Model,
  optimizer: Optimizer,
  batch: LabelledBatch,
): { readonly loss: Tensor; readonly status: Tensor } {
  const loss = recipe.loss(network, batch, settings);
  optimizer.zeroGrad();
  backward(loss);
  const status = optimizer.clipGradNorm(settings.optimizer.clip || Infinity);
  optimizer.step();
  return { loss, status };
}
