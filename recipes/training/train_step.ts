import { backward } from "../../engine/autograd.ts";
import { pairwiseLogisticLoss } from "../../engine/metric_learning/pairwise_logistic.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { LabelledBatch } from "./batch.ts";
import type { Model } from "../model.ts";
import type { BatchPrediction } from "../recipe.ts";

/** What a step leaves to be read back. */
export interface StepResults {
  /** The loss, unscaled. */
  readonly loss: Tensor;
  /** The status of the gradients that `clipGradNorm` gives. */
  readonly status: Tensor;
  /** Where the scaler stands; null without one. */
  readonly scaling: Tensor | null;
}

/** The loss of a batch of answers that were compared. */
function preferenceLoss({ score }: BatchPrediction, pairs: NonNullable<LabelledBatch["pairs"]>): Tensor {
  const weight = reshape({ x: score }, { shape: [score.size, 1] });
  const of = (index: Tensor) => embedding({ weight, index });
  return pairwiseLogisticLoss({ chosen: of(pairs.chosen), rejected: of(pairs.rejected) });
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
  const { pairs } = batch;
  const forward = () =>
    pairs ? preferenceLoss(recipe.predict(network, batch, settings), pairs) : recipe.loss(network, batch, settings);
  const loss = settings.training.precision === "mixed" ? batch.score.engine.autocast(forward) : forward();
  optimizer.zeroGrad();
  backward(loss, scaler?.upstream(loss));
  const status = optimizer.clipGradNorm(settings.optimizer.clip || Infinity, scaler);
  optimizer.step();
  return { loss, status, scaling: scaler?.state ?? null };
}
