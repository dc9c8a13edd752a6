import { adam } from "../../kernels/optimizer/adam.ts";
import type { Parameter } from "../tensors/parameter.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { type Parameters, settleGroups } from "./parameter_groups.ts";
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

/** What a group of parameters may have of its own. */
export interface AdamGroupSettings extends Omit<AdamOptions, "lr" | "amsgrad" | "undecayed"> {
  /** Learning rate; it changes with the optimiser's, by the same factor. */
  readonly lr: number;
}

/**
 * Adam; weight decay is added to the gradient.
 *
 * @see Kingma, Ba, "Adam: a method for stochastic optimization" (2015)
 */
export class Adam extends Optimizer {
  readonly #settings: readonly AdamOptions[];
  /** True where weight decay shrinks the parameter instead of changing the gradient. */
  protected readonly decoupled: boolean = false;

  /**
   * Takes over the parameters' memory.
   *
   * @param parameters what it changes, or groups of it with settings of their own
   * @throws UsageError naming a setting that is NaN or out of its range
   */
  constructor(parameters: Parameters<AdamGroupSettings>, options: AdamOptions = {}) {
    const { undecayed = [], amsgrad = false, lr = 1e-3, ...own } = options, { name } = new.target;
    const groups = settleGroups(name, parameters, { lr, ...own }, {
      group: ["lr", "betas", "eps", "weightDecay"],
      shared: ["amsgrad", "undecayed"],
    });
    for (const { settings } of groups) expectAdamSettings(name, settings);
    const order = groups.flatMap(({ parameters }) => parameters), left = new Set(undecayed);
    const split = left.size === 0 ? groups : groups.flatMap((group) => [
      { ...group, parameters: group.parameters.filter((one) => !left.has(one)) },
      {
        ...group,
        parameters: group.parameters.filter((one) => left.has(one)),
        settings: { ...group.settings, weightDecay: 0 },
      },
    ]);
    super(split, lr, ["exp_avg", "exp_avg_sq", ...(amsgrad ? ["max_exp_avg_sq"] : [])], order);
    this.#settings = split.map(({ settings }) => settings);
  }

  /** Launches one step on a range. */
  protected override update(
    { parameter, gradient, moments, status, count, step, group, learningRate }: UpdateRange,
  ): void {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = this.#settings[group]!;
    adam(this.engine.stream, {
      parameter,
      gradient,
      firstMoment: moments[0]!,
      secondMoment: moments[1]!,
      greatestMoment: moments[2],
      status,
      count,
      step,
      learningRate,
      betas,
      epsilon: eps,
      weightDecay,
      decoupled: this.decoupled,
    });
  }
}

function expectAdamSettings(name: string, { lr, eps, weightDecay, betas }: AdamOptions): void {
  const [beta1, beta2] = betas ?? [];
  const decay = { from: 0, below: 1 };
  expectSettings(name, { lr, eps, weightDecay, "betas[0]": beta1, "betas[1]": beta2 }, {
    ...positive,
    "betas[0]": decay,
    "betas[1]": decay,
  });
}

/**
 * Adam with decoupled weight decay: each step first shrinks the parameter by lr x weightDecay (1e-2).
 *
 * @see Loshchilov, Hutter, "Decoupled weight decay regularization" (2019)
 */
export class AdamW extends Adam {
  /** Weight decay shrinks the parameter. */
  protected override readonly decoupled = true;

  /** Takes over the parameters' memory. Throws as `Adam`. */
  constructor(parameters: Parameters<AdamGroupSettings>, options: AdamOptions = {}) {
    super(parameters, { weightDecay: 1e-2, ...options });
  }
}
