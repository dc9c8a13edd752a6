import { sgd } from "../../kernels/optimizer/sgd.ts";
import type { Parameter } from "../parameter.ts";
import { Optimizer, type UpdateRange } from "./optimizer.ts";

/** Settings of SGD; the names and defaults are PyTorch's. */
export interface SGDOptions {
  readonly lr?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

/** Stochastic gradient descent with momentum; weight decay is added to the gradient. */
export class SGD extends Optimizer {
  readonly #options: SGDOptions;

  constructor(parameters: readonly Parameter[], options: SGDOptions = {}) {
    super(parameters, options.lr ?? 1e-3, ["momentum_buffer"]);
    this.#options = options;
  }

  protected override update({ parameter, gradient, moments, status, count }: UpdateRange): void {
    const { lr: _, ...settings } = this.#options;
    sgd(this.engine.stream, {
      ...settings,
      parameter,
      gradient,
      velocity: moments[0]!,
      status,
      count,
      learningRate: this.lr,
    });
  }
}
