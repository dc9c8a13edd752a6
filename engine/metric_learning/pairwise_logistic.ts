import { ShapeError } from "../../kernels/errors.ts";
import { subtract } from "../ops/arithmetic.ts";
import { mean, sum } from "../ops/reductions.ts";
import type { LossSettings } from "../ops/losses.ts";
import { softplus } from "../ops/unary.ts";
import { shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Scores of answers of which one was preferred to the other. */
export interface PreferenceScores {
  /** Scores of the preferred ones, any shape. */
  readonly chosen: Tensor;
  /** Scores of the others, in the same shape. */
  readonly rejected: Tensor;
}

/**
 * log(1 + exp(rejected - chosen)): the negative log-likelihood of the preferences where the difference of two scores is the
 * log odds that the first is preferred. It is -F.logsigmoid(chosen - rejected) of PyTorch, the loss of TRL's RewardTrainer.
 *
 * @throws ShapeError when the two differ in shape
 * @see Bradley, Terry, "Rank analysis of incomplete block designs" (1952); Burges et al., "Learning to rank using gradient
 * descent" (2005)
 */
export function pairwiseLogisticLoss(
  { chosen, rejected }: PreferenceScores,
  { reduction = "mean" }: LossSettings = {},
): Tensor {
  if (chosen.shape.join() !== rejected.shape.join()) {
    throw new ShapeError(
      `pairwise_logistic_loss: chosen is ${shapeText(chosen.shape)} and rejected ${
        shapeText(rejected.shape)
      }; one shape ` +
        "is expected.",
    );
  }
  const losses = softplus({ x: subtract({ a: rejected, b: chosen }) });
  return reduction === "none" ? losses : reduction === "sum" ? sum({ x: losses }) : mean({ x: losses });
}
