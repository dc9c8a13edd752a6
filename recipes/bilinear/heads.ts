import { crossEntropyLoss, focalLoss, hybridLoss, ordinalLoss } from "../../engine/ops/class_losses.ts";
import { expectedScore, expectedScoreCumulative } from "../../engine/ops/expected_score.ts";
import { heteroscedasticLoss } from "../../engine/ops/losses.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { slice } from "../../engine/ops/slice.ts";
import { softmax } from "../../engine/ops/softmax.ts";
import { clamp, exp } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { LabelledBatch } from "../training/batch.ts";
import type { BatchPrediction } from "../recipe.ts";
import type { BilinearSettings } from "./config.ts";

/** What the last layer's numbers mean. */
interface Head {
  /** How many numbers there are. */
  readonly outputs: number;
  /** Losses that it can be trained with; the first unless another is named. */
  readonly losses: readonly Exclude<BilinearSettings["loss"]["name"], "auto">[];
  predict(output: Tensor): BatchPrediction;
  /** The last lines of a PyTorch program, from `out` to `score`. */
  readonly pytorch: readonly string[];
}

/** The heads by name. */
export const heads: Readonly<Record<BilinearSettings["model"]["head"], Head>> = {
  standard: {
    outputs: 11,
    losses: ["cross-entropy", "hybrid", "focal"],
    predict(logits) {
      const probabilities = softmax({ x: logits });
      return { score: expectedScore({ probabilities }), probabilities };
    },
    pytorch: ["score = F.softmax(out, dim=1) @ torch.arange(11.0)"],
  },
  ordinal: {
    outputs: 11,
    losses: ["ordinal"],
    predict: (logits) => expectedScoreCumulative({ logits }),
    pytorch: [
      "c = torch.sigmoid(out)",
      "q = torch.diff(c, dim=1, prepend=torch.zeros_like(c[:, :1])).clamp(min=0)",
      "score = q / (q.sum(dim=1, keepdim=True) + 1e-8) @ torch.arange(11.0)",
    ],
  },
  heteroscedastic: {
    outputs: 2,
    losses: ["heteroscedastic"],
    predict(output) {
      const column = (start: number) =>
        reshape({ x: slice({ x: output }, { start, end: start + 1 }) }, { shape: [output.shape[0]!] });
      return { score: column(0), variance: exp({ x: clamp({ x: column(1) }, { min: -10, max: 10 }) }) };
    },
    pytorch: ["mean, logvar = out.unbind(dim=1)", "score = mean.clamp(0, 10)"],
  },
};

/** Name of the loss that the settings ask for. */
export function lossName({ model: { head }, loss: { name } }: BilinearSettings): string {
  return name === "auto" ? heads[head].losses[0]! : name;
}

/** The weighted mean loss of a head's output. */
export function headLoss(
  output: Tensor,
  { score, scoreClass: target, weight }: Pick<LabelledBatch, "score" | "scoreClass" | "weight">,
  settings: BilinearSettings,
): Tensor {
  const { gamma, alpha, lambda } = settings.loss;
  switch (lossName(settings)) {
    case "cross-entropy":
      return crossEntropyLoss({ logits: output, target, weight });
    case "hybrid":
      return hybridLoss({ logits: output, target, score, weight }, { lambda });
    case "focal":
      return focalLoss({ logits: output, target, weight }, { gamma, alpha });
    case "ordinal":
      return ordinalLoss({ logits: output, target, weight });
    default:
      return heteroscedasticLoss({ prediction: output, target: score, weight });
  }
}
