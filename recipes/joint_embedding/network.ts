import { Mlp } from "../../engine/nn/mlp.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { normalize, pairwiseCosineSimilarity } from "../../engine/ops/cosine.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { logSoftmax } from "../../engine/ops/softmax.ts";
import { abs } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";

/** Sizes of a `JointEmbedding`. */
export interface JointEmbeddingSizes {
  /** Dimensions of a metric's embedding. */
  readonly metric: number;
  /** Dimensions of a row's texts. */
  readonly text: number;
  /** Dimensions of a projected text or metric, and width of the projections' hidden layers. */
  readonly projection: number;
  /** Width of the head's hidden layer. */
  readonly hidden: number;
  /** Probability that a hidden activation is dropped while training. */
  readonly dropout: number;
  /** Whether texts and metrics have length 1 in one space, where they are compared number by number. */
  readonly joint: boolean;
}

/** What the network makes of some rows. */
export interface JointOutput {
  /** [batch] */
  readonly score: Tensor;
  /** Projected texts, [batch, projection]. */
  readonly text: Tensor;
  /** All projected metrics, [metrics, projection]. */
  readonly anchors: Tensor;
  /** The anchor of each row's metric, [batch, projection]. */
  readonly metric: Tensor;
}

/**
 * System E: a text and its metric each go through a projection, and a head makes a score of both. In a joint space both
 * have length 1, and the head sees [e, m, e m, |e - m|].
 */
export class JointEmbedding extends Module {
  /** Projects texts. */
  readonly text: Mlp;
  /** Projects metrics. */
  readonly metric: Mlp;
  /** From both to the score. */
  readonly head: Mlp;
  readonly #joint: boolean;

  /** Draws all first values. */
  constructor(options: ModuleOptions, { metric, text, projection, hidden, dropout, joint }: JointEmbeddingSizes) {
    super();
    this.text = new Mlp(options, [text, projection, projection], { dropout });
    this.metric = new Mlp(options, [metric, projection, projection], { dropout });
    this.head = new Mlp(options, [(joint ? 4 : 2) * projection, hidden, 1], { dropout });
    this.#joint = joint;
  }

  /** `batch` → scores, and what they were made from. */
  forward({ text, metrics, metricIndex }: Pick<Batch, "text" | "metrics" | "metricIndex">): JointOutput {
    const e = this.#place(this.text.forward(text)), anchors = this.#place(this.metric.forward(metrics));
    const m = embedding({ weight: anchors, index: metricIndex });
    const features = this.#joint ? [e, m, multiply({ a: e, b: m }), abs({ x: subtract({ a: e, b: m }) })] : [e, m];
    const score = reshape({ x: this.head.forward(concat(features)) }, { shape: [e.shape[0]!] });
    return { score, text: e, anchors, metric: m };
  }

  /**
   * log p(metric | text) of every metric, [batch, metrics]: softmax over the anchors by their cosines with the text. Less
   * log p(metric), it says how well a metric fits a text. Only what the contrastive loss has trained can be trusted.
   */
  metricLogProbabilities({ text, metrics }: Pick<Batch, "text" | "metrics">, temperature: number): Tensor {
    const x = this.text.forward(text), y = this.metric.forward(metrics);
    return logSoftmax({ x: pairwiseCosineSimilarity({ x, y }, { scale: 1 / temperature }) });
  }

  #place(x: Tensor): Tensor {
    return this.#joint ? normalize({ x }) : x;
  }
}
