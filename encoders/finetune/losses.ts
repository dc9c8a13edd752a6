import {
  contrastiveLoss,
  cosineEmbeddingLoss,
  multipleNegativesRankingLoss,
  tripletMarginLoss,
} from "../../engine/ops/metric_losses.ts";
import { normalize } from "../../engine/ops/cosine.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { BatchRows } from "./batch_rows.ts";
import type { TuningSettings } from "./settings.ts";

/** Added to the logit of a candidate that is no negative; the exponential of it is 0 beside any cosine. */
const farBelow = -1e6;

/** Picks rows of the batch, [rows, width]. */
export type PickRows = (rows: readonly number[]) => Tensor;

/**
 * The loss of a batch.
 *
 * `contrastive`, `cosine` and `triplet` take the pairs with a negative each. `mnr` takes all positives of the batch and the
 * hard negatives as candidates, but for those that fit the anchor as well; a batch without negatives falls back to
 * `contrastive`.
 */
export function batchLoss(
  engine: Engine,
  rows: BatchRows,
  pick: PickRows,
  { loss, scale, margin }: LossSettings,
): Tensor {
  const { anchors, positives, negatives, leftOut, withoutNegatives } = rows;
  const negativeRows = negatives.map(({ row }) => row);
  if (loss === "mnr" && !withoutNegatives) {
    const shape = [anchors.length, positives.length + negatives.length];
    const penalty = leftOut.includes(1)
      ? engine.tensor(shape, Float32Array.from(leftOut, (out) => out * farBelow), "candidates left out")
      : undefined;
    const negative = negatives.length > 0 ? pick(negativeRows) : undefined;
    return multipleNegativesRankingLoss(
      { anchor: pick(anchors), positive: pick(positives), negative, penalty },
      { scale },
    );
  }
  const anchorsOfNegatives = negatives.map(({ pair }) => anchors[pair]!);
  if (loss === "triplet" && negatives.length > 0) {
    const [anchor, positive, negative] = [
      anchorsOfNegatives,
      negatives.map(({ pair }) => positives[pair]!),
      negativeRows,
    ].map((rows) => normalize({ x: pick(rows) }));
    return tripletMarginLoss({ anchor: anchor!, positive: positive!, negative: negative! }, { margin });
  }
  const x = pick([...anchors, ...anchorsOfNegatives]), y = pick([...positives, ...negativeRows]);
  const count = anchors.length + negatives.length;
  const target = engine.tensor([count], Float32Array.from({ length: count }, (_, i) => i < anchors.length ? 1 : 0));
  return loss === "cosine" ? cosineEmbeddingLoss({ x, y, target }) : contrastiveLoss({ x, y, target }, { margin });
}

type LossSettings = { readonly [Name in "loss" | "scale" | "margin"]: TuningSettings[Name] };
