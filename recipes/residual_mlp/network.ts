import { BatchNorm1d } from "../../engine/nn/batch_norm.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Sizes of a `ResidualMlp`. */
export interface ResidualMlpSizes {
  /** Dimensions of an input row. */
  readonly inputs: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Probability that an activation is dropped while training. */
  readonly dropout: number;
}

/**
 * System B: a trunk of Linear-BatchNorm-ReLU-Dropout layers, a linear map of the input added to what it gives, layer norm
 * and one linear output. Layers before a batch norm have no bias: it would change nothing.
 */
export class ResidualMlp extends Module {
  /** Layers of the trunk. */
  readonly lin: readonly Linear[];
  /** Their batch norms. */
  readonly bn: readonly BatchNorm1d[];
  /** Way around the trunk. */
  readonly res: Linear;
  /** Of the sum of both. */
  readonly norm: LayerNorm;
  /** [1, last hidden width] */
  readonly head: Linear;
  readonly #dropout: number;

  /** Draws all first values. */
  constructor(options: ModuleOptions, { inputs, hidden, dropout }: ResidualMlpSizes) {
    super();
    const widths = [inputs, ...hidden], last = widths.at(-1)!;
    this.lin = hidden.map((width, i) => new Linear(options, widths[i]!, width, { bias: false }));
    this.bn = hidden.map((width) => new BatchNorm1d(options, width));
    this.res = new Linear(options, inputs, last, { bias: false });
    this.norm = new LayerNorm(options, last);
    this.head = new Linear(options, last, 1);
    this.#dropout = dropout;
  }

  /** `x` [batch, inputs] → scores, [batch]. */
  forward(x: Tensor): Tensor {
    return reshape({ x: this.head.forward(this.embed(x)) }, { shape: [x.shape[0]!] });
  }

  /** What the head reads, [batch, last hidden width]. */
  embed(x: Tensor): Tensor {
    let hidden = x;
    this.lin.forEach((layer, i) => {
      hidden = this.bn[i]!.forward(layer.forward(hidden), { relu: true, dropout: this.#dropout });
    });
    return this.norm.forward(add({ a: hidden, b: this.res.forward(x) }));
  }
}
