import { MetrogradError } from "../../kernels/errors.ts";
import type { RegimeChoice } from "../choice.ts";
import type { Recipe, TrainRows } from "../recipe.ts";
import { searchScales, solveProcess } from "../gaussian_process/fit.ts";
import { processSizes } from "../gaussian_process/recipe.ts";
import type { GaussianProcess } from "../gaussian_process/network.ts";
import { secondsOfCovariances, setRows, trainCovariances, usedRows } from "../gaussian_process/rows.ts";
import { type AutoSettings, autoTable } from "./config.ts";
import { chooseCandidates, fitOthers, rowFeatures } from "./fit.ts";
import { AutoNetwork, candidateNames, weighted } from "./network.ts";

/** What is simplest and best for the data: judged out of fold, for metrics that training has and for others. */
export const auto: Recipe<AutoSettings, AutoNetwork> = {
  name: "auto",
  summary:
    "the simplest of constant, per-metric mean, ridge regression and Gaussian process that is as good as the best",
  table: autoTable,
  wholeTexts: true,

  build: ({ model }, widths, options) => new AutoNetwork(options, processSizes(model, widths)),

  /** Searches the scales of the Gaussian process, and judges all candidates out of fold. */
  async start(network, train, { model: { searchRows, folds, budget }, training: { seed } }) {
    const { process } = network, began = performance.now();
    const { used: all, projected } = await searchScales(process, train, { searchRows, seed });
    const left = budget - (performance.now() - began) / 1000;
    const limit = await rowsWithin(left, process, train, all.rows.length);
    train.engine.write(network.limit, Float32Array.of(limit));
    const used = limit < all.rows.length ? usedRows(process, train, seed, limit) : all;
    const covariances = await trainCovariances(process, train, used.rows.length);
    const features = rowFeatures(network, projected, used.rows.length);
    await chooseCandidates(network, train, used, { features, covariances, folds, seed });
    network.covariances = { of: train.rows, covariances };
  },

  /** Fits all that has a weight to all rows. */
  async refit(network, train, { training: { seed } }) {
    const { process } = network;
    const [limit] = (await train.engine.read([network.limit]))[0]!;
    const used = usedRows(process, train, seed, limit!);
    const projected = await setRows(process, train, used);
    const kept = network.covariances?.of === train.rows ? network.covariances.covariances : null;
    network.covariances = null;
    const covariances = kept ?? await trainCovariances(process, train, used.rows.length);
    await solveProcess(process, train, used, covariances);
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
      const width = candidateNames.length, [rows, metrics, chosen] = counts!.subarray(regime * 3) as unknown as Counts;
      const others = shares!.slice(regime * weighted, (regime + 1) * weighted);
      return {
        rows,
        metrics,
        rmse: Array.from(errors!.subarray(regime * width, (regime + 1) * width), (one) => rows > 0 ? one : null),
        chosen: candidateNames[chosen]!,
        weights: [1 - others.reduce((sum, one) => sum + one, 0), ...others, 0],
      };
    };
    return { candidates: candidateNames, regimes: { seen: of(0), unseen: of(1), script: of(2) } };
  },
};

/** What is left to do after the search, in times that all covariances are computed; measured on a CPU. */
const passes = 12;
/** Fewer rows would not be worth the time that the rest takes. */
const leastRows = 2000;

/** How many train rows the Gaussian process can lean on within a time. */
async function rowsWithin(
  seconds: number,
  process: GaussianProcess,
  train: TrainRows,
  rows: number,
): Promise<number> {
  const needed = passes * await secondsOfCovariances(process, train, rows);
  // Time grows with the square of the rows.
  const limit = Math.max(Math.floor(rows * Math.sqrt(Math.max(seconds, 0) / needed)), leastRows);
  if (limit >= rows) return process.alpha.shape[0]!;
  await train.phase(`leaning on ${limit} of ${rows} train rows, to stay within the budget`);
  return limit;
}

type Counts = [rows: number, metrics: number, chosen: number];
