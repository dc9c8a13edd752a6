import { MetrogradError } from "../../../kernels/errors.ts";
import type { RegimeChoice } from "../../choice.ts";
import type { Recipe } from "../../recipe.ts";
import { searchScales, solveProcess } from "../gaussian_process/fit.ts";
import { processSizes } from "../gaussian_process/recipe.ts";
import { setRows, trainCovariances, usedRows } from "../gaussian_process/rows.ts";
import { type AutoSettings, autoTable } from "./config.ts";
import { chooseCandidates, fitOthers, rowFeatures } from "./fit.ts";
import { AutoNetwork, candidateNames, weighted } from "./network.ts";

/** What is simplest and best for the data: judged out of fold, for metrics that training has and for others. */
export const auto: Recipe<AutoSettings, AutoNetwork> = {
  name: "auto",
  summary:
    "the simplest of constant, per-metric mean, ridge regression and Gaussian process that is as good as the best",
  table: autoTable,

  build: ({ model }, widths, options) => new AutoNetwork(options, processSizes(model, widths)),

  /** Searches the scales of the Gaussian process, and judges all candidates out of fold. */
  async start(network, train, { model: { searchRows, folds }, training: { seed } }) {
    const { used, projected } = await searchScales(network.process, train, { searchRows, seed });
    const covariances = await trainCovariances(network.process, train, used.rows.length);
    const features = rowFeatures(network, projected, used.rows.length);
    await chooseCandidates(network, train, used, { features, covariances, folds, seed });
    network.covariances = { of: train.rows, covariances };
  },

  /** Fits all that has a weight to all rows. */
  async refit(network, train, { training: { seed } }) {
    const used = usedRows(network.process, train, seed);
    const projected = await setRows(network.process, train, used);
    const kept = network.covariances?.of === train.rows ? network.covariances.covariances : null;
    network.covariances = null;
    const covariances = kept ?? await trainCovariances(network.process, train, used.rows.length);
    await solveProcess(network.process, train, used, covariances);
    await fitOthers(network, train, used, rowFeatures(network, projected, used.rows.length));
  },

  fitted: () => true,

  loss: () => {
    throw new MetrogradError("What auto chooses from is fitted in closed form; it has no loss to train by.");
  },

  predict: (network, batch) => network.forward(batch),

  async choice({ outOfFold, judged, weights, process: { mean: { engine } } }) {
    const [errors, counts, shares] = await engine.read([outOfFold, judged, weights]);
    const of = (regime: number): RegimeChoice => {
      const width = candidateNames.length, rows = counts![regime * 2]!;
      const others = shares!.slice(regime * weighted, (regime + 1) * weighted);
      return {
        rows,
        rmse: Array.from(errors!.subarray(regime * width, (regime + 1) * width), (one) => rows > 0 ? one : null),
        chosen: candidateNames[counts![regime * 2 + 1]!]!,
        weights: [1 - others.reduce((sum, one) => sum + one, 0), ...others, 0],
      };
    };
    return { candidates: candidateNames, regimes: { seen: of(0), unseen: of(1) } };
  },
};
