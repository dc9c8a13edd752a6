import {
  cumulativeProbabilities as launch,
  cumulativeProbabilitiesBackward,
} from "../../kernels/probability/cumulative.ts";
import { expectedScore as launchScore, expectedScoreBackward } from "../../kernels/probability/expected_score.ts";
import { type Op, op } from "../autograd.ts";
import { lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { rowShape } from "./row_gradient.ts";
import { softmax } from "./softmax.ts";

/** The input of functions of logits. */
export interface LogitsInputs {
  /** [..., classes] */
  readonly logits: Tensor;
}

/** The input of `expectedScore`. */
export interface ProbabilitiesInputs {
  /** [..., classes] */
  readonly probabilities: Tensor;
}

const sizes = (x: Tensor) => {
  const { rows, columns: classes } = lastAxis(x);
  return { rows, classes };
};

/** Σ k probabilities_k, k from 0: [..., classes] → [...]. @throws ShapeError for a scalar */
export const expectedScore: Op<ProbabilitiesInputs> = op("expected_score", {
  forward({ probabilities }: ProbabilitiesInputs) {
    const { engine } = probabilities;
    const score = engine.empty(rowShape(probabilities));
    launchScore(engine.stream, { probabilities: probabilities.slice, score: score.slice, ...sizes(probabilities) });
    return score;
  },
  backward: ({ inputs: { probabilities } }, dscore) => ({
    probabilities() {
      const { engine } = probabilities;
      const gradient = engine.empty(probabilities.shape);
      expectedScoreBackward(engine.stream, {
        dscore: dscore.slice,
        dprobabilities: gradient.slice,
        ...sizes(probabilities),
      });
      return gradient;
    },
  }),
});

/**
 * Probabilities of classes from logits of an ordinal model, sigmoid(logit k) = P(class <= k): the rises of those from class
 * to class, no less than 0, over their sum + 1e-8. [..., classes] → [..., classes].
 *
 * @throws ShapeError for a scalar
 */
export const cumulativeProbabilities: Op<LogitsInputs> = op("cumulative_probabilities", {
  forward({ logits }: LogitsInputs) {
    const { engine } = logits;
    const probabilities = engine.empty(logits.shape);
    launch(engine.stream, { logits: logits.slice, probabilities: probabilities.slice, ...sizes(logits) });
    return probabilities;
  },
  backward: ({ inputs: { logits } }, dprobabilities) => ({
    logits() {
      const { engine } = logits;
      const gradient = engine.empty(logits.shape);
      cumulativeProbabilitiesBackward(engine.stream, {
        logits: logits.slice,
        dprobabilities: dprobabilities.slice,
        dlogits: gradient.slice,
        ...sizes(logits),
      });
      return gradient;
    },
  }),
});

/** Expected class of a classifier, Σ k softmax(logits)_k, k from 0: [..., classes] → [...]. */
export function expectedScoreSoftmax({ logits }: LogitsInputs): Tensor {
  return expectedScore({ probabilities: softmax({ x: logits }) });
}

/**
 * Probabilities of the classes of an ordinal model (`cumulativeProbabilities`), [..., classes], and the class they expect,
 * [...]; gradients flow back from both.
 */
export function expectedScoreCumulative({ logits }: LogitsInputs): { probabilities: Tensor; score: Tensor } {
  const probabilities = cumulativeProbabilities({ logits });
  return { probabilities, score: expectedScore({ probabilities }) };
}
