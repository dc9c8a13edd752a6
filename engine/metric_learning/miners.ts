import { UsageError } from "../../kernels/errors.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { fromZero, gapOf, type LabelPairs } from "./label_pairs.ts";

/** What a miner of triplets gives. */
export interface TripletGaps {
  /** How much farther than its negative each triplet's positive is from the anchor, of any shape. */
  readonly gap: Tensor;
  /** 1 for the triplets that count, else 0, in the shape of `gap`; constant. */
  readonly weight: Tensor;
}

/**
 * Chooses triplets of a batch from the distances of all rows to all others.
 *
 * @param distance [b, b]; gradients flow through it to the gaps
 * @param inverted true where it is a similarity
 */
export type TripletMiner = (distance: Tensor, inverted: boolean, pairs: LabelPairs) => TripletGaps;

/** Chooses pairs of a batch: what it is given, but for those that it leaves out. */
export type PairMiner = (distance: Tensor, inverted: boolean, pairs: LabelPairs) => LabelPairs;

/** Which triplets `tripletMargin` takes. */
export type TripletKind = "all" | "hard" | "semihard" | "easy";

/** All triplets of a batch. Memory grows with its third power: 8 MB a tensor for 128 rows, 64 MB for 256. */
export function allTriplets(): TripletMiner {
  return (distance, inverted, { positive, negative }) => {
    const b = distance.shape[0]!;
    const gap = gapOf(inverted, distance.reshape([b, b, 1]), distance.reshape([b, 1, b]));
    return { gap, weight: positive.reshape([b, b, 1]).mul(negative.reshape([b, 1, b])) };
  };
}

/**
 * Those of all triplets whose positive is not nearer than the negative by more than the margin ("all"): of these the ones
 * whose negative is nearer than the positive or as near ("hard"), or farther ("semihard"). "easy" takes the others.
 *
 * @throws UsageError for another kind
 * @see Schroff, Kalenichenko, Philbin, "FaceNet: a unified embedding for face recognition and clustering" (2015)
 */
export function tripletMargin(
  { margin = 0.2, type = "all" }: { readonly margin?: number; readonly type?: TripletKind } = {},
): TripletMiner {
  const kinds: Readonly<Record<TripletKind, (gap: Tensor) => Tensor>> = {
    all: (gap) => fromZero(gap.add(margin)),
    hard: (gap) => fromZero(gap.add(margin)).mul(fromZero(gap)),
    semihard: (gap) => fromZero(gap.add(margin)).mul(gap.neg().step()),
    easy: (gap) => gap.add(margin).neg().step(),
  };
  const chosen = kinds[type];
  if (!chosen) {
    throw new UsageError(`tripletMargin: type is ${type}, but one of ${Object.keys(kinds).join(", ")} is expected.`);
  }
  return (distance, inverted, pairs) => {
    const { gap, weight } = allTriplets()(distance, inverted, pairs);
    return { gap, weight: distance.engine.noGrad(() => weight.mul(chosen(gap))) };
  };
}

/**
 * For each row, as anchor, its farthest positive and its nearest negative; rows that lack one of them are left out. Memory
 * grows with the square of the batch.
 *
 * @see Hermans, Beyer, Leibe, "In defense of the triplet loss for person re-identification" (2017)
 */
export function batchHard(): TripletMiner {
  return (distance, inverted, { positive, negative }) => {
    const { engine } = distance, b = distance.shape[0]!;
    const { rows, weight } = engine.noGrad(() => {
      const far = inverted ? distance.neg() : distance;
      const leftOut = (mask: Tensor) => mask.sub(1).mul(1e30);
      const farthest = far.mul(positive).add(leftOut(positive)).argmax({ axis: 1 });
      const nearest = far.neg().mul(negative).add(leftOut(negative)).argmax({ axis: 1 });
      const weight = positive.max({ axis: 1 }).mul(negative.max({ axis: 1 }));
      return { rows: [farthest, nearest].map((index) => index.reshape([b, 1])), weight };
    });
    const [apart, near] = rows.map((index) => distance.gather(index).reshape([b]));
    return { gap: gapOf(inverted, apart!, near!), weight };
  };
}

/** All pairs of a batch. */
export function allPairs(): PairMiner {
  return (_distance, _inverted, pairs) => pairs;
}

/**
 * Positive pairs that are farther apart than `positive`, and negative pairs that are nearer than `negative`; for
 * similarities the other way round.
 */
export function pairMargin(
  { positive = 0.2, negative = 0.8 }: { readonly positive?: number; readonly negative?: number } = {},
): PairMiner {
  return (distance, inverted, pairs) =>
    distance.engine.noGrad(() => ({
      positive: pairs.positive.mul(gapOf(inverted, distance, positive).step()),
      negative: pairs.negative.mul(gapOf(inverted, distance, negative).neg().step()),
    }));
}
