import { add } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { cosineEmbeddingLoss, metricAnchorContrastiveLoss } from "../../engine/ops/metric_losses.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { LabelledBatch } from "../training/batch.ts";
import type { JointEmbeddingSettings } from "./config.ts";
import type { JointOutput } from "./network.ts";

/** Classes of scores. */
const classes = 11;

/** Refuses bounds that would pull a row and push it away. @throws UsageError */
export function checkBounds({ pullFrom, pushTo }: JointEmbeddingSettings["loss"]): void {
  if (pushTo === null || pushTo < pullFrom) return;
  throw new UsageError(`loss.pushTo is ${pushTo}; less than loss.pullFrom, ${pullFrom}, is expected.`);
}

/**
 * Weighted mean squared error + lambda x contrastive loss. That of a row with a high score is the cross-entropy of its own
 * metric's anchor among all, which pulls it there; that of a row with a low score is the hinge of its cosine with the
 * anchor, over the temperature as well, which pushes it away. Others have none; the mean is over all rows.
 *
 * @see Khosla and others, "Supervised contrastive learning" (2020)
 */
export function jointLoss(
  { score, text, anchors, metric }: JointOutput,
  batch: Pick<LabelledBatch, "score" | "scoreClass" | "weight" | "metricIndex">,
  { model: { approach }, loss: { lambda, temperature, pullFrom, pushTo, margin } }: JointEmbeddingSettings,
): Tensor {
  const regression = mseLoss({ prediction: score, target: batch.score, weight: batch.weight });
  if (approach !== "joint-space" || lambda === 0) return regression;
  const { engine } = text;
  const pull = weightsByClass(batch.scoreClass, { below: 0, from: pullFrom, above: lambda });
  const pulled = metricAnchorContrastiveLoss({ x: text, anchors, target: batch.metricIndex, weight: pull }, {
    temperature,
  });
  const total = add({ a: regression, b: pulled });
  if (pushTo === null) return total;
  const push = weightsByClass(batch.scoreClass, { below: lambda / temperature, from: pushTo + 1, above: 0 });
  const apart = engine.full(push.shape, -1);
  return add({ a: total, b: cosineEmbeddingLoss({ x: text, y: metric, target: apart, weight: push }, { margin }) });
}

/** A weight for each row, [batch]: `below` for classes less than `from`, `above` for the others. */
function weightsByClass(
  scoreClass: Tensor,
  { below, from, above }: { readonly below: number; readonly from: number; readonly above: number },
): Tensor {
  const { engine, shape } = scoreClass;
  const parts = ([[below, from], [above, classes - from]] as const).filter(([, size]) => size > 0);
  const weight = concat(parts.map(([value, size]) => engine.full([size, 1], value)), { axis: 0 });
  return reshape({ x: embedding({ weight, index: scoreClass }) }, { shape });
}
