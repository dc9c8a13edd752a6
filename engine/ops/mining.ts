import { mineTriplets as launch, type MiningKind, type ScoreBounds } from "../../kernels/mining/triplets.ts";
import { expectShape, refuseF16 } from "../tensors/shapes.ts";
import type { IndexTensor, Tensor } from "../tensors/tensor.ts";
import { divide, multiply } from "./arithmetic.ts";
import { embedding } from "./embedding.ts";
import { pairwiseEuclideanDistance } from "./euclidean.ts";
import { type TripletInputs, tripletMarginLoss, type TripletSettings } from "./metric_losses.ts";
import { mean } from "./reductions.ts";
import { clamp } from "./unary.ts";

/** Inputs of `mineTriplets`. */
export interface MiningInputs {
  /** Distances of all rows of a batch to all others, [b, b]; constant. */
  readonly distance: Tensor;
  /** A score for each row, [b]. */
  readonly score: Tensor;
}

/** Settings of `mineTriplets`. */
export interface MiningSettings extends ScoreBounds {
  /** Which of an anchor's triplets; "semihard" by default. */
  readonly mining?: MiningKind;
}

/** A triplet for each row of a batch, which is its anchor. */
export interface MinedTriplets {
  /** Number of each anchor's positive (u32), or its own where it has none, [b]. */
  readonly positive: IndexTensor;
  /** Number of each anchor's negative (u32), or its own where it has none, [b]. */
  readonly negative: IndexTensor;
  /** 1 where the anchor has both, else 0, [b]. */
  readonly found: Tensor;
}

/**
 * Chooses one triplet for each row of a batch: positives are at most 1 away in score, negatives at least 3, unless the
 * settings say otherwise. "random" takes any of them; "hard" the farthest positive and the nearest negative; "semihard" a
 * random positive and the nearest negative beyond it, or the farthest where none lies beyond. Random ones are drawn from
 * the engine's source.
 *
 * @throws ShapeError when the distances are no square matrix with a row for each score
 * @see Hermans, Beyer, Leibe, "In defense of the triplet loss for person re-identification" (2017)
 * @see Schroff, Kalenichenko, Philbin, "FaceNet: a unified embedding for face recognition and clustering" (2015)
 */
export function mineTriplets(
  { distance, score }: MiningInputs,
  { mining = "semihard", ...bounds }: MiningSettings = {},
): MinedTriplets {
  const { engine } = distance;
  const count = score.size;
  refuseF16("mine_triplets", "score", score);
  refuseF16("mine_triplets", "distance", distance);
  expectShape("mine_triplets", "score", score, [count]);
  expectShape("mine_triplets", "distance", distance, [count, count]);
  const triplets = {
    positive: engine.empty([count], "u32", "positives"),
    negative: engine.empty([count], "u32", "negatives"),
    found: engine.empty([count]),
  };
  launch(engine.stream, mining, {
    ...bounds,
    distance: distance.slice,
    score: score.slice,
    positive: triplets.positive.slice,
    negative: triplets.negative.slice,
    found: triplets.found.slice,
    count,
    draw: engine.random.next(),
  });
  return triplets;
}

/** Numbers of the rows of triplets (u32), [t] each; without anchors, every row is the anchor of one. */
export interface TripletIndices {
  /** Which rows are anchors. */
  readonly anchor?: Tensor | undefined;
  /** Which are their positives. */
  readonly positive: Tensor;
  /** Which are their negatives. */
  readonly negative: Tensor;
}

/**
 * The rows of a list of triplets, for `tripletMarginLoss`: `x` [n, d] → three times [t, d].
 *
 * @throws ShapeError when x is no matrix or the lists do not hold indices
 */
export function selectTriplets(x: Tensor, { anchor, positive, negative }: TripletIndices): TripletInputs {
  const rows = (index: Tensor) => embedding({ weight: x, index });
  return { anchor: anchor ? rows(anchor) : x, positive: rows(positive), negative: rows(negative) };
}

/** Inputs of `minedTripletLoss`. */
export interface MinedTripletInputs {
  /** [b, d] */
  readonly x: Tensor;
  /** A score for each row, [b]; constant. */
  readonly score: Tensor;
  /** Weights of the rows as anchors, [b]; constant. */
  readonly weight?: Tensor | undefined;
}

/**
 * Triplet hinge of triplets that are mined in the batch by Euclidean distance, one for each row that has a positive and a
 * negative; see `mineTriplets` and `tripletMarginLoss`. The mean is over the triplets found.
 *
 * @throws ShapeError when the inputs do not fit together
 */
export function minedTripletLoss(
  { x, score, weight }: MinedTripletInputs,
  { mining = "semihard", positiveWithin = 1, negativeFrom = 3, ...settings }: MiningSettings & TripletSettings = {},
): Tensor {
  const { engine } = x;
  const { triplets, weights } = engine.noGrad(() => {
    const distance = pairwiseEuclideanDistance({ x, y: x }, { squared: settings.squared ?? false });
    const triplets = mineTriplets({ distance, score }, { mining, positiveWithin, negativeFrom });
    const { found } = triplets;
    const share = clamp({ x: mean({ x: found }) }, { min: 1 / found.size, max: 1 });
    const counted = (settings.reduction ?? "mean") === "mean" ? divide({ a: found, b: share }) : found;
    return { triplets, weights: weight ? multiply({ a: counted, b: weight }) : counted };
  });
  return tripletMarginLoss({ ...selectTriplets(x, triplets), weight: weights }, settings);
}
