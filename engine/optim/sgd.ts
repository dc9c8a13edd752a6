import { sgd } from "../../kernels/optimizer/sgd.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { type Parameters, settleGroups } from "./parameter_groups.ts";
import { expectSettings } from "../../kernels/settings.ts";
import { UsageError } from "../../kernels/errors.ts";

/** Settings of SGD; the names and defaults are PyTorch's. */
export interface SGDOptions {
  /** Learning rate; 1e-3 by default. */
  readonly lr?: number;
  /** Part of the last step that is kept; 0 by default. */
  readonly momentum?: number;
  /** Share of the gradient that the momentum does not take up, but for the first step; 0 by default. */
  readonly dampening?: number;
  /** Looks ahead along the momentum. */
  readonly nesterov?: boolean;
  /** L2 penalty, added to the gradient; 0 by default. */
  readonly weightDecay?: number;
}

/** What a group of parameters may have of its own. */
export interface SGDGroupSettings extends Omit<SGDOptions, "lr" | "momentum" | "nesterov"> {
  /** Learning rate; it changes with the optimiser's, by the same factor. */
  readonly lr: number;
}

/** Stochastic gradient descent with momentum; weight decay is added to the gradient. */
export class SGD extends Optimizer {
  readonly #settings: readonly SGDOptions[];

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: Parameters<SGDGroupSettings>, options: SGDOptions = {}) {
    const { lr = 1e-3, momentum = 0, nesterov = false } = options;
    const groups = settleGroups("SGD", parameters, { ...options, lr }, {
      group: ["lr", "dampening", "weightDecay"],
      shared: ["momentum", "nesterov"],
    });
    for (const { settings: { lr, dampening = 0, weightDecay } } of groups) {
      expectSettings("SGD", { lr, momentum, dampening, weightDecay }, {
        ...positive,
        momentum: { from: 0 },
        dampening: {},
      });
      if (nesterov && (momentum === 0 || dampening !== 0)) {
        throw new UsageError("SGD: Nesterov's form needs a momentum, and no dampening.");
      }
    }
    super(groups, lr, momentum > 0 ? ["momentum_buffer"] : []);
    this.#settings = groups.map(({ settings }) => ({ ...settings, momentum, nesterov }));
  }

  /** Launches one step on a range. */
  protected override update(
    { parameter, gradient, moments, status, count, step, group, learningRate }: UpdateRange,
  ): void {
    const { lr: _, ...settings } = this.#settings[group]!;
    sgd(this.engine.stream, {
      ...settings,
      parameter,
      gradient,
      velocity: moments[0],
      status,
      count,
      step,
      learningRate,
    });
  }
}
