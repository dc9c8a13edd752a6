import { expectSettings } from "../../kernels/settings.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { cosine, type Distance, euclidean } from "./distances.ts";
import { gapOf, labelPairs } from "./label_pairs.ts";
import { allPairs, allTriplets, type PairMiner, type TripletMiner } from "./miners.ts";
import { mean, meanNonZero, type Reducer } from "./reducers.ts";

/** A batch of embeddings with their classes. */
export interface LabelledEmbeddings {
  /** Embeddings, [b, d]. */
  readonly x: Tensor;
  /** Class of each, [b]: u32, or f32; constant. */
  readonly label: Tensor;
}

/** Parts of `labelTripletLoss`; the defaults are those of pytorch-metric-learning's `TripletMarginLoss`. */
export interface LabelTripletSettings {
  /** How much nearer than the negative the positive has to be; 0.05 by default. */
  readonly margin?: number;
  /** What is compared; the Euclidean distance of rows of length 1 by default. */
  readonly distance?: Distance;
  /** Which triplets; all of the batch by default. */
  readonly miner?: TripletMiner;
  /** Makes one number of them; the mean over losses above 0 by default. */
  readonly reducer?: Reducer;
}

/**
 * Triplet loss max(0, d(a, p) - d(a, n) + margin) over triplets of a batch whose anchor and positive have one label, and whose
 * negative has another.
 *
 * @throws ShapeError when there is not one label for each row, UsageError when the margin is NaN
 * @see Weinberger, Saul, "Distance metric learning for large margin nearest neighbor classification" (2009)
 */
export function labelTripletLoss(
  { x, label }: LabelledEmbeddings,
  { margin = 0.05, distance = euclidean(), miner = allTriplets(), reducer = meanNonZero }: LabelTripletSettings = {},
): Tensor {
  expectSettings("label_triplet_loss", { margin });
  const pairs = labelPairs("label_triplet_loss", x, label);
  const { gap, weight } = miner(distance.between(x, x), distance.inverted, pairs);
  return reducer(gap.add(margin).relu().mul(weight), weight);
}

/** Parts of `labelContrastiveLoss`; the defaults are those of pytorch-metric-learning's `ContrastiveLoss`. */
export interface LabelContrastiveSettings {
  /** How far positives may be without cost; for a similarity how alike they have to be; 0 by default. */
  readonly positiveMargin?: number;
  /** How far negatives have to be; for a similarity how alike they may be; 1 by default. */
  readonly negativeMargin?: number;
  /** What is compared; the Euclidean distance of rows of length 1 by default. */
  readonly distance?: Distance;
  /** Which pairs; all of the batch by default. */
  readonly miner?: PairMiner;
  /** Makes one number of the positives and one of the negatives; the mean over losses above 0 by default. */
  readonly reducer?: Reducer;
}

/**
 * Contrastive loss over pairs of a batch: max(0, d - positiveMargin) for rows of one label plus max(0, negativeMargin - d) for
 * others, each reduced on its own.
 *
 * @throws ShapeError when there is not one label for each row, UsageError when a margin is NaN
 * @see Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping" (2006)
 */
export function labelContrastiveLoss(
  { x, label }: LabelledEmbeddings,
  { positiveMargin = 0, negativeMargin = 1, distance = euclidean(), miner = allPairs(), reducer = meanNonZero }:
    LabelContrastiveSettings = {},
): Tensor {
  expectSettings("label_contrastive_loss", { positiveMargin, negativeMargin });
  const between = distance.between(x, x);
  const { positive, negative } = miner(between, distance.inverted, labelPairs("label_contrastive_loss", x, label));
  const apart = gapOf(distance.inverted, between, positiveMargin).relu().mul(positive);
  const near = gapOf(distance.inverted, between, negativeMargin).neg().relu().mul(negative);
  return reducer(apart, positive).add(reducer(near, negative));
}

/** Parts of `ntXentLoss`; the defaults are those of pytorch-metric-learning's `NTXentLoss`. */
export interface NtXentSettings {
  /** What similarities are divided by; 0.07 by default. */
  readonly temperature?: number;
  /** What is compared; the cosine by default. */
  readonly distance?: Distance;
  /** Which pairs; all of the batch by default. */
  readonly miner?: PairMiner;
  /** Makes one number of the positive pairs' losses; their mean by default. */
  readonly reducer?: Reducer;
}

/**
 * Normalised temperature-scaled cross-entropy: for each positive pair the cross-entropy of the positive among itself and all
 * negatives of the anchor.
 *
 * @throws ShapeError when there is not one label for each row, UsageError when the temperature is not above 0
 * @see Sohn, "Improved deep metric learning with multi-class N-pair loss objective" (2016)
 */
export function ntXentLoss(
  { x, label }: LabelledEmbeddings,
  { temperature = 0.07, distance = cosine(), miner = allPairs(), reducer = mean }: NtXentSettings = {},
): Tensor {
  expectSettings("nt_xent_loss", { temperature }, { temperature: { above: 0 } });
  const between = distance.between(x, x);
  const { positive, negative } = miner(between, distance.inverted, labelPairs("nt_xent_loss", x, label));
  const logits = between.mul((distance.inverted ? 1 : -1) / temperature);
  const others = logits.mul(negative).add(negative.sub(1).mul(1e30)).logsumexp({ axis: 1, keepdim: true });
  return reducer(others.sub(logits).softplus().mul(positive), positive);
}
