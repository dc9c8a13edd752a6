import { backward } from "../../engine/autograd.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { LabelledBatch } from "./batch.ts";
import type { Model } from "../model.ts";

/** What a step leaves to be read back. */
export interface StepResults {
  /** The loss, unscaled. */
  readonly loss: Tensor;
  /** The status of the gradients that `clipGradNorm` gives. */
  readonly status: Tensor;
  /** Where the scaler stands; null without one. */
  readonly scaling: Tensor | null;
}

/**
 * Forward, backward and one step of the optimiser. Call it inside `engine.step`.
 *
 * @param scaler that the loss is scaled by; null for none
 */
export function trainStep(
  { recipe, network, settings }: Model,
  optimizer: Optimizer,
  batch: LabelledBatch,
  scaler: GradScaler | null = null,
): StepResults {
  const forward = () => recipe.loss(network, batch, settings);
  const loss = settings.training.precision === "mixed" ? batch.score.engine.autocast(forward) : forward();
  optimizer.zeroGrad();
  backward(loss, scaler?.upstream(loss));
  const status = optimizer.clipGradNorm(settings.optimizer.clip || Infinity, scaler);
  optimizer.step();
  return { loss, status, scaling: scaler?.state ?? null };
}
