import { rmsprop } from "../../kernels/optimizer/rmsprop.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { type Parameters, settleGroups } from "./parameter_groups.ts";
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

/** What a group of parameters may have of its own. */
export interface RMSpropGroupSettings extends Omit<RMSpropOptions, "lr" | "momentum" | "centered"> {
  /** Learning rate; it changes with the optimiser's, by the same factor. */
  readonly lr: number;
}

/**
 * RMSprop: the gradient over the root of its mean square.
 *
 * @see Hinton, "Neural networks for machine learning", lecture 6e (2012)
 */
export class RMSprop extends Optimizer {
  readonly #settings: readonly RMSpropOptions[];

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: Parameters<RMSpropGroupSettings>, options: RMSpropOptions = {}) {
    const { lr = 1e-2, centered = false, momentum = 0 } = options;
    const groups = settleGroups("RMSprop", parameters, { ...options, lr }, {
      group: ["lr", "alpha", "eps", "weightDecay"],
      shared: ["momentum", "centered"],
    });
    for (const { settings: { lr, alpha, eps, weightDecay } } of groups) {
      expectSettings("RMSprop", { lr, alpha, eps, weightDecay, momentum }, {
        ...positive,
        alpha: { from: 0, to: 1 },
        momentum: { from: 0 },
      });
    }
    super(groups, lr, [
      "square_avg",
      ...(centered ? ["grad_avg"] : []),
      ...(momentum !== 0 ? ["momentum_buffer"] : []),
    ]);
    this.#settings = groups.map(({ settings }) => ({ ...settings, momentum, centered }));
  }

  /** Launches one step on a range. */
  protected override update(
    { parameter, gradient, moments, status, count, group, learningRate }: UpdateRange,
  ): void {
    const { alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false } = this.#settings[group]!;
    const momentOf = (name: string) => moments[this.momentNames.indexOf(name)];
    rmsprop(this.engine.stream, {
      parameter,
      gradient,
      meanSquare: momentOf("square_avg")!,
      mean: momentOf("grad_avg"),
      velocity: momentOf("momentum_buffer"),
      status,
      count,
      learningRate,
      alpha,
      epsilon: eps,
      weightDecay,
      momentum,
      centered,
    });
  }
}
