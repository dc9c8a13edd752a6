import { concat } from "../../engine/ops/concat.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import { shuffledBatches } from "../training/batches.ts";
import type { Recipe } from "../recipe.ts";
import { weightedMeanScore } from "../../data/pairs/feature_tables.ts";
import { residualMlpDocumented, type ResidualMlpSettings, residualMlpTable } from "./config.ts";
import { ResidualMlp } from "./network.ts";

/** System B: a residual network with batch norm on user prompt, response and metric. */
export const residualMlp: Recipe<ResidualMlpSettings, ResidualMlp> = {
  name: "residual-mlp",
  summary: "batch-normalised layers on prompt, response and metric, with a way around them (document 003)",
  table: residualMlpTable,
  statistics: false,
  preferences: true,
  streams: true,
  documented: residualMlpDocumented,

  build({ model: { hidden, dropout } }, { metric, text, fields }, options) {
    return new ResidualMlp(options, { inputs: text * fields + metric, hidden, dropout });
  },

  /** The output starts at the weighted mean score. */
  async start(network, { rows }) {
    const { bias } = network.head;
    bias!.assign((await bias!.data()).fill(weightedMeanScore(rows)));
  },

  /** A lone last row joins the batch before it: one row has no variance. */
  batches: ({ score }, random, { training: { batchSize } }) =>
    shuffledBatches(score.length, { batchSize, least: 2 }, random),

  loss: (network, batch) =>
    mseLoss({ prediction: network.forward(inputsOf(batch)), target: batch.score, weight: batch.weight }),

  embed: (network, batch) => network.embed(inputsOf(batch)),

  predict: (network, batch) => ({ score: network.forward(inputsOf(batch)) }),

  pytorch: ({ model: { hidden } }) => [
    "x = h = torch.cat([t, m], dim=1)",
    `for i in range(${hidden.length}):`,
    '    h = F.linear(h, w[f"lin.{i}.weight"])',
    '    mean, var = w[f"bn.{i}.running_mean"], w[f"bn.{i}.running_var"]',
    '    h = F.relu(F.batch_norm(h, mean, var, w[f"bn.{i}.weight"], w[f"bn.{i}.bias"]))',
    'h = h + F.linear(x, w["res.weight"])',
    'h = F.layer_norm(h, h.shape[1:], w["norm.weight"], w["norm.bias"])',
    'score = F.linear(h, w["head.weight"], w["head.bias"])[:, 0].clamp(0, 10)',
  ],
};

/** [user prompt | response | metric] */
function inputsOf({ text, metric }: Batch): Tensor {
  return concat([text, metric]);
}
