import { adam } from "../../kernels/optimizer/adam.ts";
import type { Parameter } from "../parameter.ts";
import { Optimizer, type UpdateRange } from "./optimizer.ts";

/** Settings of Adam and AdamW; the names and defaults are PyTorch's, but for AdamW's weight decay. */
export interface AdamOptions {
  readonly lr?: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weightDecay?: number;
}

/**
 * Adam; weight decay is added to the gradient.
 *
 * @see Kingma, Ba, "Adam: a method for stochastic optimization" (2015)
 */
export class Adam extends Optimizer {
  readonly #options: AdamOptions;
  protected readonly decoupled: boolean = false;

  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, options.lr ?? 1e-3, ["exp_avg", "exp_avg_sq"]);
    this.#options = options;
  }

  protected override update({ parameter, gradient, moments, status, count }: UpdateRange): void {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = this.#options;
    adam(this.engine.stream, {
      parameter,
      gradient,
      firstMoment: moments[0]!,
      secondMoment: moments[1]!,
      status,
      count,
      step: this.steps,
      learningRate: this.lr,
      betas,
      epsilon: eps,
      weightDecay,
      decoupled: this.decoupled,
    });
  }
}

/**
 * Adam with decoupled weight decay: each step first shrinks the parameter by lr x weightDecay (1e-2).
 *
 * @see Loshchilov, Hutter, "Decoupled weight decay regularization" (2019)
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, { weightDecay: 1e-2, ...options });
  }
}
