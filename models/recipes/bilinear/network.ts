import { BilinearLowRank } from "../../../engine/nn/bilinear_low_rank.ts";
import { LayerNorm } from "../../../engine/nn/layer_norm.ts";
import { Linear } from "../../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../../engine/nn/module.ts";
import { concat } from "../../../engine/ops/concat.ts";
import type { Tensor } from "../../../engine/tensor.ts";

/** Sizes of a `BilinearNetwork`. */
export interface BilinearSizes {
  /** Width of a metric embedding. */
  readonly metric: number;
  /** Width of a text embedding. */
  readonly text: number;
  /** Rank of the bilinear form; 0 leaves it out. */
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
  readonly bilinear: BilinearLowRank | null;
  /** Hidden layers. */
  readonly lin: readonly Linear[];
  /** Their layer norms. */
  readonly norm: readonly LayerNorm[];
  /** [outputs, last hidden width] */
  readonly head: Linear;
  readonly #dropout: number;

  /** Draws all first values. */
  constructor(options: ModuleOptions, { metric, text, rank, hidden, dropout, outputs }: BilinearSizes) {
    super();
    this.bilinear = rank > 0 ? new BilinearLowRank(options, metric, text, metric, rank) : null;
    const widths = [metric + text + (rank > 0 ? metric : 0), ...hidden];
    this.lin = hidden.map((width, i) => new Linear(options, widths[i]!, width));
    this.norm = hidden.map((width) => new LayerNorm(options, width));
    this.head = new Linear(options, widths.at(-1)!, outputs);
    this.#dropout = dropout;
  }

  /** `metric` [batch, metric width], `text` [batch, text width] → [batch, outputs]. */
  forward(metric: Tensor, text: Tensor): Tensor {
    let hidden = concat(this.bilinear ? [metric, text, this.bilinear.forward(metric, text)] : [metric, text]);
    this.lin.forEach((layer, i) => {
      hidden = this.norm[i]!.forward(layer.forward(hidden), { relu: true, dropout: this.#dropout });
    });
    return this.head.forward(hidden);
  }
}
