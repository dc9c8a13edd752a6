import { adagrad } from "../../kernels/optimizer/adagrad.ts";
import { Optimizer, positive, type UpdateRange } from "./optimizer.ts";
import { type Parameters, settleGroups } from "./parameter_groups.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Settings of Adagrad; the names and defaults are PyTorch's. */
export interface AdagradOptions {
  /** Learning rate; 1e-2 by default. */
  readonly lr?: number;
  /** The rate of step t is lr / (1 + (t - 1) lrDecay); 0 by default. */
  readonly lrDecay?: number;
  /** L2 penalty, added to the gradient; 0 by default. */
  readonly weightDecay?: number;
  /** Added to the root of the sum of squares; 1e-10 by default. */
  readonly eps?: number;
}

/** What a group of parameters may have of its own. */
export interface AdagradGroupSettings extends Omit<AdagradOptions, "lr"> {
  /** Learning rate; it changes with the optimiser's, by the same factor. */
  readonly lr: number;
}

/**
 * Adagrad: each element's rate falls with the sum of its squared gradients.
 *
 * @see Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011)
 */
export class Adagrad extends Optimizer {
  readonly #settings: readonly AdagradOptions[];

  /** Takes over the parameters' memory. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(parameters: Parameters<AdagradGroupSettings>, options: AdagradOptions = {}) {
    const { lr = 1e-2 } = options;
    const groups = settleGroups("Adagrad", parameters, { ...options, lr }, {
      group: ["lr", "lrDecay", "weightDecay", "eps"],
    });
    for (const { settings: { lr, lrDecay, weightDecay, eps } } of groups) {
      expectSettings("Adagrad", { lr, lrDecay, weightDecay, eps }, { ...positive, lrDecay: { from: 0 } });
    }
    super(groups, lr, ["sum"]);
    this.#settings = groups.map(({ settings }) => settings);
  }

  /** Launches one step on a range. */
  protected override update(
    { parameter, gradient, moments: [squareSum], status, count, step, group, learningRate }: UpdateRange,
  ): void {
    const { lrDecay = 0, weightDecay = 0, eps = 1e-10 } = this.#settings[group]!;
    adagrad(this.engine.stream, {
      parameter,
      gradient,
      squareSum: squareSum!,
      status,
      count,
      step,
      learningRate,
      learningRateDecay: lrDecay,
      epsilon: eps,
      weightDecay,
    });
  }
}
