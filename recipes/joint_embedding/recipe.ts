import type { Recipe } from "../recipe.ts";
import { weightedMeanScore } from "../../data/pairs/feature_tables.ts";
import { jointEmbeddingDocumented, type JointEmbeddingSettings, jointEmbeddingTable } from "./config.ts";
import { checkBounds, jointLoss } from "./loss.ts";
import { JointEmbedding } from "./network.ts";

/** System E: texts and metrics in one space, where metrics are anchors. */
export const jointEmbedding: Recipe<JointEmbeddingSettings, JointEmbedding> = {
  name: "joint-embedding",
  summary: "text and metric projected into one space, with a contrastive loss that has the metrics as anchors (001)",
  table: jointEmbeddingTable,
  statistics: false,
  preferences: true,
  streams: true,
  documented: jointEmbeddingDocumented,

  check: ({ loss }) => checkBounds(loss),

  build({ model: { approach, ...sizes } }, { metric, text, fields }, options) {
    return new JointEmbedding(options, { ...sizes, metric, text: text * fields, joint: approach === "joint-space" });
  },

  /** The output starts at the weighted mean score. */
  async start(network, { rows }) {
    const { bias } = network.head.last;
    bias!.assign((await bias!.data()).fill(weightedMeanScore(rows)));
  },

  loss: (network, batch, settings) => jointLoss(network.forward(batch), batch, settings),

  embed: (network, batch) => network.forward(batch).text,

  predict: (network, batch) => ({ score: network.forward(batch).score }),

  pytorch: ({ model: { approach } }) => [
    "def mlp(name, x):",
    '    x = F.relu(F.linear(x, w[f"{name}.0.weight"], w[f"{name}.0.bias"]))',
    '    return F.linear(x, w[f"{name}.2.weight"], w[f"{name}.2.bias"])',
    'e, a = mlp("text", t), mlp("metric", m)',
    ...(approach === "joint-space"
      ? [
        "e, a = F.normalize(e, eps=1e-8), F.normalize(a, eps=1e-8)",
        "x = torch.cat([e, a, e * a, (e - a).abs()], dim=1)",
      ]
      : ["x = torch.cat([e, a], dim=1)"]),
    'score = mlp("head", x)[:, 0].clamp(0, 10)',
  ],
};
