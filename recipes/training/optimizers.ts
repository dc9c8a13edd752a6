import { Adagrad } from "../../engine/optim/adagrad.ts";
import { Adam, AdamW } from "../../engine/optim/adam.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import { RMSprop } from "../../engine/optim/rmsprop.ts";
import { SGD } from "../../engine/optim/sgd.ts";
import type { Parameter } from "../../engine/tensors/parameter.ts";

/** Optimisers that settings can name. */
export const optimizerNames = ["adam", "adamw", "sgd", "rmsprop", "adagrad"] as const;

/** The section `optimizer`, as far as the optimiser itself needs it. */
export interface OptimizerSettings {
  readonly name: (typeof optimizerNames)[number];
  readonly lr: number;
  readonly weightDecay: number;
  readonly momentum: number;
}

/** Makes the optimiser that the settings name. */
export function makeOptimizer(
  parameters: readonly Parameter[],
  { name, lr, weightDecay, momentum }: OptimizerSettings,
): Optimizer {
  switch (name) {
    case "adam":
      return new Adam(parameters, { lr, weightDecay });
    case "adamw":
      return new AdamW(parameters, { lr, weightDecay });
    case "sgd":
      return new SGD(parameters, { lr, weightDecay, momentum });
    case "rmsprop":
      return new RMSprop(parameters, { lr, weightDecay, momentum });
    case "adagrad":
      return new Adagrad(parameters, { lr, weightDecay });
  }
}

/** How many numbers the optimiser that the settings name keeps for each parameter. */
export function momentsKept({ name, momentum }: OptimizerSettings): number {
  switch (name) {
    case "adam":
    case "adamw":
      return 2;
    case "rmsprop":
      return momentum > 0 ? 2 : 1;
    case "sgd":
      return momentum > 0 ? 1 : 0;
    case "adagrad":
      return 1;
  }
}
