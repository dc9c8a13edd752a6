import { Linear } from "../../engine/nn/linear.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { divide, multiply } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { normalize } from "../../engine/ops/cosine.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { mean, sum } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import { AttentionLayer, type AttentionLayerSizes } from "./attention_layer.ts";

/** Sizes of an `AttentionRefiner`. */
export interface AttentionRefinerSizes extends AttentionLayerSizes {
  /** Dimensions of a metric's embedding. */
  readonly metric: number;
  /** Dimensions of one text's embedding. */
  readonly text: number;
  /** Texts of a row. */
  readonly fields: number;
  /** Attention layers of each kind. */
  readonly layers: number;
  /** Whether refined embeddings have length 1. */
  readonly normalize: boolean;
}

/**
 * System C: a metric and its texts are tokens. Texts attend to each other, the metric to itself, the metric then to the
 * texts, and at last all to all; the mean of the tokens is the refined embedding. Texts that are absent are nobody's keys
 * and not in the mean.
 */
export class AttentionRefiner extends Module {
  /** From a metric's embedding to a token, where their widths differ; such tokens are scaled to length √width. */
  readonly metric_token: Linear | null;
  /** From a text's embedding to a token, where their widths differ. */
  readonly text_token: Linear | null;
  /** Of the metric with itself. */
  readonly metric: readonly AttentionLayer[];
  /** Among the texts. */
  readonly text: readonly AttentionLayer[];
  /** From the metric to the texts. */
  readonly cross: readonly AttentionLayer[];
  /** Among all tokens. */
  readonly joint: readonly AttentionLayer[];
  readonly #sizes: AttentionRefinerSizes;

  /** Draws all first values. */
  constructor(options: ModuleOptions, sizes: AttentionRefinerSizes) {
    super();
    const { metric, text, width, layers } = sizes;
    const token = (from: number) => from === width ? null : new Linear(options, from, width, { bias: false });
    const stack = (cross = false) => Array.from({ length: layers }, () => new AttentionLayer(options, sizes, cross));
    this.metric_token = token(metric);
    this.text_token = token(text);
    this.metric = stack();
    this.text = stack();
    this.cross = stack(true);
    this.joint = stack();
    this.#sizes = sizes;
  }

  /** Refined embeddings, [batch, width]. */
  forward({ metric, text, absent }: Pick<Batch, "metric" | "text" | "absent">): Tensor {
    const { fields, width } = this.#sizes, [count] = metric.shape;
    const tokens = (x: Tensor, layer: Linear | null, number: number) => {
      const rows = reshape({ x }, { shape: [count!, number, x.size / (count! * number)] });
      return layer ? normalize({ x: layer.forward(rows) }, { scale: Math.sqrt(width) }) : rows;
    };
    let m = tokens(metric, this.metric_token, 1), t = tokens(text, this.text_token, fields);
    const keyPaddingMask = absent ?? undefined;
    for (const layer of this.metric) m = layer.forward(m);
    for (const layer of this.text) t = layer.forward(t, { keyPaddingMask });
    for (const layer of this.cross) m = layer.forward(m, { memory: t, keyPaddingMask });
    let all = concat([m, t], { axis: 1 });
    const missing = absent && concat([noneAbsent(absent, count!), absent], { axis: 1 });
    for (const layer of this.joint) all = layer.forward(all, { keyPaddingMask: missing ?? undefined });
    const refined = missing ? meanOfPresent(all, missing) : mean({ x: all }, { axis: 1 });
    const embedded = reshape({ x: refined }, { shape: [count!, width] });
    return this.#sizes.normalize ? normalize({ x: embedded }) : embedded;
  }
}

/** Marks of the metrics' tokens, which are never absent: zeros, [batch, 1] (u32). */
function noneAbsent({ engine }: Tensor, count: number): Tensor {
  const marks = engine.empty([count, 1], "u32", "marks of the metrics");
  engine.clear(marks.slice);
  return marks;
}

/** Mean over the tokens that are not missing: `x` [batch, tokens, width], `missing` [batch, tokens] (u32) → [batch, width]. */
function meanOfPresent(x: Tensor, missing: Tensor): Tensor {
  const { engine } = x, weight = concat([engine.full([1, 1], 1), engine.full([1, 1], 0)], { axis: 0 });
  const present = embedding({ weight, index: missing });
  return divide({ a: sum({ x: multiply({ a: x, b: present }) }, { axis: 1 }), b: sum({ x: present }, { axis: 1 }) });
}
