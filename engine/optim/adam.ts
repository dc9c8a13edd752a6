import { adam } from "../../kernels/optimizer/adam.ts";
import type { Parameter } from "../parameter.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Settings of Adam and AdamW; the names and defaults are PyTorch's, but for AdamW's weight decay. */
export interface AdamOptions {
  /** Learning rate; 1e-3 by default. */
  readonly lr?: number;
  /** Decay of the running means of the gradient and of its square; 0.9 and 0.999 by default. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment; 1e-8 by default. */
  readonly eps?: number;
  /** Strength of the weight decay. */
  readonly weightDecay?: number;
  /** Divides by the greatest second moment so far instead of the last. */
  readonly amsgrad?: boolean;
  /** Those of the parameters that weight decay leaves alone, such as biases and the weights of norms; none by default. */
  readonly undecayed?: readonly Parameter[];
}

/**
 * Adam; weight decay is added to the gradient.
 *
 * @see Kingma, Ba, "Adam: a method for stochastic optimization" (2015)
 */
export class Adam extends Optimizer {
  readonly #options: AdamOptions;
  /** True where weight decay shrinks the parameter instead of changing the gradient. */
  protected readonly decoupled: boolean = false;

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    const greatest = options.amsgrad ? ["max_exp_avg_sq"] : [];
    const { lr = 1e-3, eps, weightDecay, betas: [beta1, beta2] = [] } = options, decay = { from: 0, below: 1 };
    expectSettings(new.target.name, { lr, eps, weightDecay, "betas[0]": beta1, "betas[1]": beta2 }, {
      ...positive,
      "betas[0]": decay,
      "betas[1]": decay,
    });
    super(parameters, lr, ["exp_avg", "exp_avg_sq", ...greatest], options.undecayed);
    this.#options = options;
  }

  /** Launches one step on a range. */
  protected override update({ parameter, gradient, moments, status, count, step, apart }: UpdateRange): void {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = this.#options;
    adam(this.engine.stream, {
      parameter,
      gradient,
      firstMoment: moments[0]!,
      secondMoment: moments[1]!,
      greatestMoment: moments[2],
      status,
      count,
      step,
      learningRate: this.lr,
      betas,
      epsilon: eps,
      weightDecay: apart ? 0 : weightDecay,
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
  /** Weight decay shrinks the parameter. */
  protected override readonly decoupled = true;

  /** Takes over the parameters' memory. */
  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, { weightDecay: 1e-2, ...options });
  }
}
