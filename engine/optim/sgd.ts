import { sgd } from "../../kernels/optimizer/sgd.ts";
import type { Parameter } from "../parameter.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
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

/** Stochastic gradient descent with momentum; weight decay is added to the gradient. */
export class SGD extends Optimizer {
  readonly #options: SGDOptions;

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: readonly Parameter[], options: SGDOptions = {}) {
    const { lr = 1e-3, momentum = 0, dampening = 0, nesterov = false, weightDecay } = options;
    expectSettings("SGD", { lr, momentum, dampening, weightDecay }, {
      ...positive,
      momentum: { from: 0 },
      dampening: {},
    });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new UsageError("SGD: Nesterov's form needs a momentum, and no dampening.");
    }
    super(parameters, lr, momentum > 0 ? ["momentum_buffer"] : []);
    this.#options = options;
  }

  /** Launches one step on a range. */
  protected override update({ parameter, gradient, moments, status, count, step }: UpdateRange): void {
    const { lr: _, ...settings } = this.#options;
    sgd(this.engine.stream, {
      ...settings,
      parameter,
      gradient,
      velocity: moments[0],
      status,
      count,
      step,
      learningRate: this.lr,
    });
  }
}
