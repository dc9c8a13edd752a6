import {
  contrastive,
  cosineEmbedding,
  type CosineLossOptions as LaunchOptions,
} from "../../kernels/loss/cosine_pair.ts";
import { tripletHinge } from "../../kernels/loss/triplet.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { add } from "./arithmetic.ts";
import { crossEntropyLoss } from "./class_losses.ts";
import { concat } from "./concat.ts";
import { pairwiseCosineSimilarity } from "./cosine.ts";
import type { LossSettings } from "./losses.ts";
import { rowGradient, rowShape } from "./row_gradient.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Inputs of `tripletMarginLoss`. */
export interface TripletInputs {
  /** [..., d] */
  readonly anchor: Tensor;
  /** What each anchor should be near to, in the shape of `anchor`. */
  readonly positive: Tensor;
  /** What it should be far from, in the shape of `anchor`. */
  readonly negative: Tensor;
  /** Weights of the triplets, [...]; constant. The weighted mean divides by the number of triplets. */
  readonly weight?: Tensor | undefined;
}

/** Settings of `tripletMarginLoss`. */
export interface TripletSettings extends LossSettings {
  /** How much nearer than the negative the positive has to be; 1 by default. */
  readonly margin?: number;
  /** Takes squared Euclidean distances. */
  readonly squared?: boolean;
}

type Triplet = Readonly<Record<"anchor" | "positive" | "negative", Tensor>>;

/**
 * Triplet hinge max(0, d(anchor, positive) - d(anchor, negative) + margin), of Euclidean distances or their squares. Nothing
 * is added inside the root, unlike in PyTorch; equal rows have gradient 0.
 *
 * @throws ShapeError when the inputs differ in shape
 * @see Weinberger, Saul, "Distance metric learning for large margin nearest neighbor classification" (2009)
 */
export const tripletMarginLoss: Op<TripletInputs, TripletSettings> = op("triplet_margin_loss", {
  forward(
    { anchor, positive, negative, weight }: TripletInputs,
    { reduction = "mean", margin = 1, squared = false }: TripletSettings,
    save: (gradients: Triplet) => void,
  ) {
    const { engine, shape } = anchor;
    for (const [name, rows] of Object.entries({ positive, negative })) {
      expectShape("triplet_margin_loss", name, rows, shape);
    }
    if (weight) expectShape("triplet_margin_loss", "weight", weight, rowShape(anchor));
    const { rows: count, columns } = lastAxis(anchor);
    const loss = engine.empty(reduction === "none" ? rowShape(anchor) : []);
    const gradients = { anchor: engine.empty(shape), positive: engine.empty(shape), negative: engine.empty(shape) };
    tripletHinge(engine.stream, {
      anchor: anchor.slice,
      positive: positive.slice,
      negative: negative.slice,
      weight: weight?.slice,
      gradients: {
        anchor: gradients.anchor.slice,
        positive: gradients.positive.slice,
        negative: gradients.negative.slice,
      },
      loss: loss.slice,
      reduction,
      count,
      columns,
      margin,
      squared,
    });
    save(gradients);
    return loss;
  },
  backward: ({ saved: gradients }, dy) => ({
    anchor: () => rowGradient(gradients.anchor, dy),
    positive: () => rowGradient(gradients.positive, dy),
    negative: () => rowGradient(gradients.negative, dy),
  }),
});

/** Inputs of a loss of the cosine of paired rows. */
export interface CosineLossInputs {
  /** [..., d] */
  readonly x: Tensor;
  /** In the shape of x. */
  readonly y: Tensor;
  /** 1 for pairs that should be alike, 0 or -1 for others, [...]; constant. */
  readonly target: Tensor;
  /** Weights of the pairs, [...]; constant. The weighted mean divides by the number of pairs. */
  readonly weight?: Tensor | undefined;
}

/** Settings of a loss of the cosine of paired rows. */
export interface CosineLossSettings extends LossSettings {
  /** Where pairs that should not be alike cost nothing more. */
  readonly margin?: number;
}

function cosineLoss(
  name: string,
  launch: (launcher: Launcher, options: LaunchOptions) => void,
): Op<CosineLossInputs, CosineLossSettings> {
  return op(name, {
    forward(
      { x, y, target, weight }: CosineLossInputs,
      options: CosineLossSettings,
      save: (gradients: { readonly x: Tensor; readonly y: Tensor }) => void,
    ) {
      const { engine } = x;
      const { rows: count, columns } = lastAxis(x);
      expectShape(name, "y", y, x.shape);
      expectShape(name, "target", target, rowShape(x));
      if (weight) expectShape(name, "weight", weight, rowShape(x));
      const loss = engine.empty(options.reduction === "none" ? rowShape(x) : []);
      const gradients = { x: engine.empty(x.shape), y: engine.empty(x.shape) };
      launch(engine.stream, {
        ...options,
        x: x.slice,
        y: y.slice,
        target: target.slice,
        weight: weight?.slice,
        loss: loss.slice,
        gradientX: gradients.x.slice,
        gradientY: gradients.y.slice,
        count,
        columns,
      });
      save(gradients);
      return loss;
    },
    backward: ({ saved: gradients }, dy) => ({
      x: () => rowGradient(gradients.x, dy),
      y: () => rowGradient(gradients.y, dy),
    }),
  });
}

/**
 * Contrastive loss of pairs: d² / 2 for those that should be alike, max(0, margin - d)² / 2 for others, with d = 1 - cosine.
 * The margin is 0.5 by default.
 *
 * @throws ShapeError when the inputs do not fit together
 * @see Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping" (2006)
 */
export const contrastiveLoss: Op<CosineLossInputs, CosineLossSettings> = cosineLoss("contrastive_loss", contrastive);

/**
 * 1 - cosine for pairs that should be alike, max(0, cosine - margin) for others. The margin is 0 by default.
 *
 * @throws ShapeError when the inputs do not fit together
 */
export const cosineEmbeddingLoss: Op<CosineLossInputs, CosineLossSettings> = cosineLoss(
  "cosine_embedding_loss",
  cosineEmbedding,
);

/** Inputs of `multipleNegativesRankingLoss`. */
export interface RankingInputs {
  /** [b, d] */
  readonly anchor: Tensor;
  /** What each anchor should be nearest to, and no other anchor, [b, d]. */
  readonly positive: Tensor;
  /** What no anchor should be near to, [n, d]: more candidates beside the positives. */
  readonly negative?: Tensor | undefined;
  /**
   * Added to the scaled cosines of the candidates, [b, b] or [b, b + n]; constant. Far below zero it leaves a candidate out
   * that is no negative of an anchor.
   */
  readonly penalty?: Tensor | undefined;
  /** Weights of the anchors, [b]; constant. The weighted mean divides by the number of anchors. */
  readonly weight?: Tensor | undefined;
}

/** Settings of `multipleNegativesRankingLoss`. */
export interface RankingSettings extends LossSettings {
  /** Factor on the cosines; 20 by default. */
  readonly scale?: number;
}

/**
 * Multiple negatives ranking, or InfoNCE: the cross-entropy of each anchor's own positive among those of the whole batch, by
 * their cosines times `scale`. Hard negatives are further candidates.
 *
 * @throws ShapeError when the inputs do not fit together
 * @see Henderson and others, "Efficient natural language response suggestion for Smart Reply" (2017)
 * @see van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding" (2018)
 */
export function multipleNegativesRankingLoss(
  { anchor, positive, negative, penalty, weight }: RankingInputs,
  { scale = 20, ...settings }: RankingSettings = {},
): Tensor {
  const [rows] = anchor.shape;
  expectShape("multiple_negatives_ranking_loss", "positive", positive, anchor.shape);
  const candidates = negative ? concat([positive, negative], { axis: 0 }) : positive;
  const cosines = pairwiseCosineSimilarity({ x: anchor, y: candidates }, { scale });
  if (penalty) expectShape("multiple_negatives_ranking_loss", "penalty", penalty, cosines.shape);
  const logits = penalty ? add({ a: cosines, b: penalty }) : cosines;
  const target = anchor.engine.indices([rows!], Uint32Array.from({ length: rows! }, (_, row) => row), "own positives");
  return crossEntropyLoss({ logits, target, weight }, settings);
}

/** Inputs of `metricAnchorContrastiveLoss`. */
export interface AnchorInputs {
  /** Embeddings, [b, d]. */
  readonly x: Tensor;
  /** One anchor for each metric, [a, d]. */
  readonly anchors: Tensor;
  /** Number of each embedding's metric (u32), [b]. */
  readonly target: Tensor;
  /** Weights of the embeddings, [b]; constant. The weighted mean divides by their number. */
  readonly weight?: Tensor | undefined;
}

/** Settings of `metricAnchorContrastiveLoss`. */
export interface AnchorSettings extends LossSettings {
  /** What the cosines are divided by; 0.07 by default. */
  readonly temperature?: number;
}

/**
 * Contrastive loss with metrics as anchors: the cross-entropy of each embedding's own anchor among all, by their cosines
 * divided by `temperature`.
 *
 * @throws ShapeError when the inputs do not fit together
 * @see Khosla and others, "Supervised contrastive learning" (2020)
 */
export function metricAnchorContrastiveLoss(
  { x, anchors, target, weight }: AnchorInputs,
  { temperature = 0.07, ...settings }: AnchorSettings = {},
): Tensor {
  expectSettings("metric_anchor_contrastive_loss", { temperature }, { temperature: { above: 0 } });
  const logits = pairwiseCosineSimilarity({ x, y: anchors }, { scale: 1 / temperature });
  return crossEntropyLoss({ logits, target, weight }, settings);
}
