import { Bilinear } from "../../engine/nn/bilinear.ts";
import { BilinearLowRank } from "../../engine/nn/bilinear_low_rank.ts";
import { LayerNorm } from "../../engine/nn/layer_norm.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { concat } from "../../engine/ops/concat.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";

/** Sizes of a `BilinearNetwork`. */
export interface BilinearSizes {
  /** Width of a metric embedding. */
  readonly metric: number;
  /** Width of a text embedding. */
  readonly text: number;
  /** The bilinear form: a sum of `rank` products, or with a weight of its own for each pair of inputs and output. */
  readonly form?: "rank" | "full";
  /** Rank of the bilinear form, where it is of that kind; 0 leaves it out. */
  readonly rank: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Probability that an activation is dropped while training. */
  readonly dropout: number;
  /** Numbers that the head gives: 11 logits, or mean and log-variance. */
  readonly outputs: number;
}

/**
 * System A: features [m, t, z] with a bilinear form z of metric m and text t, layers of Linear-LayerNorm-ReLU-Dropout,
 * and a linear head.
 */
export class BilinearNetwork extends Module {
  /** z of metric and text; null with rank 0. */
  readonly bilinear: BilinearLowRank | Bilinear | null;
  /** Hidden layers. */
  readonly lin: readonly Linear[];
  /** Their layer norms. */
  readonly norm: readonly LayerNorm[];
  /** [outputs, last hidden width] */
  readonly head: Linear;
  readonly #dropout: number;

  /** Draws all first values. */
  constructor(options: ModuleOptions, sizes: BilinearSizes) {
    super();
    const { metric, text, hidden, outputs, dropout } = sizes;
    this.bilinear = bilinearForm(options, sizes);
    const widths = [metric + text + (this.bilinear ? metric : 0), ...hidden];
    this.lin = hidden.map((width, i) => new Linear(options, widths[i]!, width));
    this.norm = hidden.map((width) => new LayerNorm(options, width));
    this.head = new Linear(options, widths.at(-1)!, outputs);
    this.#dropout = dropout;
  }

  /** `metric` [batch, metric width], `text` [batch, text width] → [batch, outputs]. */
  forward(metric: Tensor, text: Tensor): Tensor {
    return this.head.forward(this.embed(metric, text));
  }

  /** The last hidden layer, [batch, its width]. */
  embed(metric: Tensor, text: Tensor): Tensor {
    let hidden = concat(this.bilinear ? [metric, text, this.bilinear.forward(metric, text)] : [metric, text]);
    this.lin.forEach((layer, i) => {
      hidden = this.norm[i]!.forward(layer.forward(hidden), { relu: true, dropout: this.#dropout });
    });
    return hidden;
  }
}

function bilinearForm(options: ModuleOptions, { metric, text, form = "rank", rank }: BilinearSizes) {
  if (form === "full") return new Bilinear(options, metric, text, metric);
  return rank > 0 ? new BilinearLowRank(options, metric, text, metric, rank) : null;
}
