import { heteroscedasticLoss } from "../../../engine/ops/losses.ts";
import { reshape } from "../../../engine/ops/reshape.ts";
import { slice } from "../../../engine/ops/slice.ts";
import { clamp, exp } from "../../../engine/ops/unary.ts";
import type { Recipe } from "../../recipe.ts";
import { weightedMeanScore } from "../../training_data.ts";
import { type BilinearSettings, bilinearTable } from "./config.ts";
import { BilinearNetwork } from "./network.ts";

/** System A: a network on metric, text and a bilinear form of both. */
export const bilinear: Recipe<BilinearSettings, BilinearNetwork> = {
  name: "bilinear",
  summary: "hidden layers on metric, text and a bilinear form of both; predicts mean and variance (document 004)",
  table: bilinearTable,

  build({ model: { rank, hidden, dropout } }, { metric, text, fields }, options) {
    return new BilinearNetwork(options, { metric, text: text * fields, rank, hidden, dropout, outputs: 2 });
  },

  /** The mean head starts at the weighted mean score. */
  async start(network, { rows }) {
    const { bias } = network.head;
    const values = await bias!.data();
    values[0] = weightedMeanScore(rows);
    bias!.assign(values);
  },

  loss: (network, { metric, text, score, weight }) =>
    heteroscedasticLoss({ prediction: network.forward(metric, text), target: score, weight }),

  predict(network, { metric, text }) {
    const output = network.forward(metric, text);
    const column = (start: number) =>
      reshape({ x: slice({ x: output }, { start, end: start + 1 }) }, { shape: [output.shape[0]!] });
    return { score: column(0), variance: exp({ x: clamp({ x: column(1) }, { min: -10, max: 10 }) }) };
  },

  pytorch: ({ model: { rank, hidden } }) => [
    ...(rank > 0
      ? [
        'z = F.linear(m, w["bilinear.u.weight"]) * F.linear(t, w["bilinear.v.weight"])',
        'x = torch.cat([m, t, F.linear(z, w["bilinear.p.weight"])], dim=1)',
      ]
      : ["x = torch.cat([m, t], dim=1)"]),
    `for i in range(${hidden.length}):`,
    '    x = F.linear(x, w[f"lin.{i}.weight"], w[f"lin.{i}.bias"])',
    '    x = F.relu(F.layer_norm(x, x.shape[1:], w[f"norm.{i}.weight"], w[f"norm.{i}.bias"]))',
    'mean, logvar = F.linear(x, w["head.weight"], w["head.bias"]).unbind(dim=1)',
    "score = mean.clamp(0, 10)",
  ],
};
