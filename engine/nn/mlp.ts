import { dropout as drop, probability } from "../ops/dropout.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Linear } from "./linear.ts";
import { Module, type ModuleOptions } from "./module.ts";
import { expectSettings } from "../../kernels/settings.ts";
import { UsageError } from "../../kernels/errors.ts";

/** Options of `Mlp` besides its widths. */
export interface MlpSettings {
  /** Probability that an activation is dropped while training; 0 by default. */
  readonly dropout?: number;
}

/**
 * Linear layers with ReLU between them. Their weights are named as in PyTorch's `Sequential(Linear, ReLU, Linear, ...)`:
 * `0.weight`, `2.weight`, and so on.
 */
export class Mlp extends Module {
  /** The linear layers by their place in the sequence: 0, 2, 4 ... */
  readonly [place: number]: Linear;
  readonly #layers: readonly Linear[];
  readonly #dropout: number;

  /**
   * Draws the first values.
   *
   * @param widths of the input, of each hidden layer and of the output
   * @throws UsageError when there are fewer than two, or the dropout is not in [0, 1)
   */
  constructor(options: ModuleOptions, widths: readonly number[], { dropout = 0 }: MlpSettings = {}) {
    super();
    if (widths.length < 2) {
      throw new UsageError(`Mlp: an input's and an output's width are expected, not ${widths.length}.`);
    }
    expectSettings("Mlp", { dropout }, { dropout: probability });
    this.#layers = widths.slice(1).map((width, i) => new Linear(options, widths[i]!, width));
    this.#dropout = dropout;
    Object.assign(this, Object.fromEntries(this.#layers.map((layer, i) => [2 * i, layer])));
  }

  /** The layer that gives the output. */
  get last(): Linear {
    return this.#layers.at(-1)!;
  }

  /** `x` [..., first width] → [..., last width]. */
  forward(x: Tensor): Tensor {
    let hidden = x;
    for (const layer of this.#layers.slice(0, -1)) {
      hidden = layer.forward(hidden, { relu: true });
      if (this.training && this.#dropout > 0) hidden = drop({ x: hidden }, { p: this.#dropout });
    }
    return this.last.forward(hidden);
  }
}
