import { rmsprop } from "../../kernels/optimizer/rmsprop.ts";
import type { Parameter } from "../parameter.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Settings of RMSprop; the names and defaults are PyTorch's. */
export interface RMSpropOptions {
  /** Learning rate; 1e-2 by default. */
  readonly lr?: number;
  /** What the running means keep at each step; 0.99 by default. */
  readonly alpha?: number;
  /** Added to the root; 1e-8 by default. */
  readonly eps?: number;
  /** L2 penalty, added to the gradient; 0 by default. */
  readonly weightDecay?: number;
  /** Part of the last step that is kept; 0 by default. */
  readonly momentum?: number;
  /** Divides by the deviation of the gradients from their mean. */
  readonly centered?: boolean;
}

/**
 * RMSprop: the gradient over the root of its mean square.
 *
 * @see Hinton, "Neural networks for machine learning", lecture 6e (2012)
 */
export class RMSprop extends Optimizer {
  readonly #options: RMSpropOptions;

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: readonly Parameter[], options: RMSpropOptions = {}) {
    const { lr = 1e-2, alpha, eps, weightDecay, centered = false, momentum = 0 } = options;
    expectSettings("RMSprop", { lr, alpha, eps, weightDecay, momentum }, {
      ...positive,
      alpha: { from: 0, to: 1 },
      momentum: { from: 0 },
    });
    super(parameters, lr, [
      "square_avg",
      ...(centered ? ["grad_avg"] : []),
      ...(momentum !== 0 ? ["momentum_buffer"] : []),
    ]);
    this.#options = options;
  }

  /** Launches one step on a range. */
  protected override update({ parameter, gradient, moments, status, count }: UpdateRange): void {
    const { alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false } = this.#options;
    const momentOf = (name: string) => moments[this.momentNames.indexOf(name)];
    rmsprop(this.engine.stream, {
      parameter,
      gradient,
      meanSquare: momentOf("square_avg")!,
      mean: momentOf("grad_avg"),
      velocity: momentOf("momentum_buffer"),
      status,
      count,
      learningRate: this.lr,
      alpha,
      epsilon: eps,
      weightDecay,
      momentum,
      centered,
    });
  }
}
