import { add, multiply } from "../../engine/ops/arithmetic.ts";
import { mseLoss } from "../../engine/ops/losses.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { Recipe } from "../recipe.ts";
import { shuffledBatches } from "../training/batches.ts";
import { scmlDocumented, type ScmlSettings, scmlTable } from "./config.ts";
import { fitNetwork, fitRows } from "./fit.ts";
import { LocalNearestRows } from "./local_neighbours.ts";
import { ScmlNetwork } from "./network.ts";
import { ScmlRegressor } from "./regressor.ts";
import { tripletBatches } from "./triplet_batches.ts";

/** System D: sparse compositional metric learning on principal components of text and metric. */
export const scml: Recipe<ScmlSettings, ScmlNetwork> = {
  name: "scml",
  summary: "sparse compositional metric learning on principal components of metric and text, local or global (000)",
  table: scmlTable,
  statistics: false,
  documented: scmlDocumented,

  build: ({ model }, widths, options) => new ScmlNetwork(options, model, widths),

  start: fitNetwork,

  refit: fitRows,

  fitted: ({ model }) => model.head === "knn",

  refits: ({ model }) => model.head !== "mlp",

  directionWeights: (network, batch) => network.directionWeights(batch),

  batches(train, random, { model, training: { batchSize } }) {
    if (model.head === "local-knn") return tripletBatches(train, batchSize, random);
    return shuffledBatches(train.score.length, { batchSize }, random);
  },

  loss(network, batch, { loss }) {
    const { head } = network;
    if (head instanceof LocalNearestRows) return network.tripletLoss(head, batch, loss.l21);
    if (!(head instanceof ScmlRegressor)) throw new MetrogradError("Nearest neighbours have no loss to train by.");
    const error = mseLoss({ prediction: network.forward(batch), target: batch.score, weight: batch.weight });
    if (loss.l21 === 0) return error;
    return add({ a: error, b: multiply({ a: head.mixedNorm(), b: error.engine.full([], loss.l21) }) });
  },

  embed: (network, batch) => network.embed(batch),

  predict: (network, batch) => ({ score: network.forward(batch) }),

  pytorch: ({ model: { head, pca, projection, hidden, neighbors } }) => [
    "x = torch.cat([m, t], dim=1)",
    ...(pca > 0 ? ['x = F.linear(x, w["input.components"], w["input.shift"])'] : []),
    ...(head === "mlp" && projection === "linear" ? ['z = F.linear(x, w["head.proj.weight"])'] : []),
    ...(head === "local-knn" || head === "mlp" && projection === "kernel-pca"
      ? [
        'z = torch.exp(w["kernel.slope"] * torch.cdist(x, w["kernel.rows"]) ** 2)',
        'z = F.linear(z, w["kernel.coefficients"], w["kernel.shift"])',
      ]
      : []),
    ...(head === "mlp"
      ? [
        'h = F.softplus(F.linear(z, w["head.w.weight"], w["head.w.bias"])).sqrt() * (x @ w["head.basis"])',
        `for i in range(0, ${2 * hidden.length}, 2):`,
        '    h = F.relu(F.linear(h, w[f"head.mlp.{i}.weight"], w[f"head.mlp.{i}.bias"]))',
        `score = F.linear(h, w["head.mlp.${2 * hidden.length}.weight"], w["head.mlp.${
          2 * hidden.length
        }.bias"])[:, 0].clamp(0, 10)`,
      ]
      : [
        ...(head === "knn" ? ['near = torch.cdist(F.linear(x, w["head.metric"]), w["head.rows"])'] : [
          'u = F.linear(z, w["head.metric.weight"], w["head.metric.bias"]) ** 2',
          'near = F.linear(u, w["head.rows"] ** 2) - 2 * F.linear(u * (x @ w["head.basis"]), w["head.rows"])',
        ]),
        `near = near.topk(min(${neighbors}, len(w["head.rows"])), largest=False).indices`,
        'score = (w["head.mean"] + w["head.residual"][near, 0].mean(1)).clamp(0, 10)',
      ]),
  ],
};
