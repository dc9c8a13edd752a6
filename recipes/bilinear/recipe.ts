import { UsageError } from "../../kernels/errors.ts";
import type { Recipe } from "../recipe.ts";
import { weightedMeanScore } from "../../data/pairs/feature_tables.ts";
import { bilinearDocumented, type BilinearSettings, bilinearTable } from "./config.ts";
import { fromDocument } from "./document_weights.ts";
import { headLoss, heads, lossName } from "./heads.ts";
import { BilinearNetwork } from "./network.ts";

/** System A: a network on metric, text and a bilinear form of both. */
export const bilinear: Recipe<BilinearSettings, BilinearNetwork> = {
  name: "bilinear",
  summary:
    "hidden layers on metric, text and a bilinear form of both, with heads for classes or mean and variance (004)",
  table: bilinearTable,
  statistics: false,
  preferences: true,
  streams: true,
  documented: bilinearDocumented,
  fromDocument,

  embed: (network, { metric, text }) => network.embed(metric, text),

  check(settings) {
    const { head } = settings.model, name = lossName(settings), { losses } = heads[head];
    if (losses.some((one) => one === name)) return;
    throw new UsageError(`loss.name is "${name}"; ${losses.join(" or ")} is expected with the head ${head}.`);
  },

  largest: ({ model: { bilinear } }, { metric, text, fields }) =>
    bilinear === "full"
      ? { what: "A full bilinear form", shape: [metric, metric, text * fields], instead: "model.bilinear=rank" }
      : null,

  build({ model: { bilinear: form, rank, hidden, dropout, head } }, { metric, text, fields }, options) {
    const { outputs } = heads[head];
    return new BilinearNetwork(options, { metric, text: text * fields, form, rank, hidden, dropout, outputs });
  },

  /** The mean of the heteroscedastic head starts at the weighted mean score. */
  async start(network, { rows }, { model }) {
    if (model.head !== "heteroscedastic") return;
    const { bias } = network.head;
    const values = await bias!.data();
    values[0] = weightedMeanScore(rows);
    bias!.assign(values);
  },

  loss: (network, batch, settings) => headLoss(network.forward(batch.metric, batch.text), batch, settings),

  predict: (network, { metric, text }, { model }) => heads[model.head].predict(network.forward(metric, text)),

  pytorch: ({ model: { bilinear: form, rank, hidden, head } }) => [
    ...(form === "full"
      ? [
        'z = F.bilinear(m, t, w["bilinear.weight"], w["bilinear.bias"])',
        "x = torch.cat([m, t, z], dim=1)",
      ]
      : rank > 0
      ? [
        'z = F.linear(m, w["bilinear.u.weight"]) * F.linear(t, w["bilinear.v.weight"])',
        'x = torch.cat([m, t, F.linear(z, w["bilinear.p.weight"])], dim=1)',
      ]
      : ["x = torch.cat([m, t], dim=1)"]),
    `for i in range(${hidden.length}):`,
    '    x = F.linear(x, w[f"lin.{i}.weight"], w[f"lin.{i}.bias"])',
    '    x = F.relu(F.layer_norm(x, x.shape[1:], w[f"norm.{i}.weight"], w[f"norm.{i}.bias"]))',
    'out = F.linear(x, w["head.weight"], w["head.bias"])',
    ...heads[head].pytorch,
  ],
};
