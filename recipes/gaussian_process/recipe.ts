import { MetrogradError } from "../../kernels/errors.ts";
import type { Recipe, Widths } from "../recipe.ts";
import { type GaussianProcessSettings, gaussianProcessTable } from "./config.ts";
import { searchScales, solveProcess } from "./fit.ts";
import { GaussianProcess, type GaussianProcessSizes } from "./network.ts";
import { setRows, trainCovariances, usedRows } from "./rows.ts";

/** A Gaussian process on texts, metric and text statistics: fitted, not trained. */
export const gaussianProcess: Recipe<GaussianProcessSettings, GaussianProcess> = {
  name: "gaussian-process",
  summary: "Gaussian process on texts, metric and text statistics, fitted in closed form; for up to some thousand rows",
  table: gaussianProcessTable,
  wholeTexts: true,

  build: ({ model }, widths, options) => new GaussianProcess(options, processSizes(model, widths)),

  /** Searches the scales on some rows. */
  async start(network, train, { model: { searchRows }, training: { seed } }) {
    await searchScales(network, train, { searchRows, seed });
  },

  /** Solves for the weights of all rows. */
  async refit(network, train, { training: { seed } }) {
    const used = usedRows(network, train, seed);
    await setRows(network, train, used);
    await solveProcess(network, train, used, await trainCovariances(network, train, used.rows.length));
  },

  fitted: () => true,

  loss: () => {
    throw new MetrogradError("A Gaussian process is fitted in closed form; it has no loss to train by.");
  },

  predict: (network, batch) => network.forward(batch),
};

/** Sizes of a Gaussian process by its settings. */
export function processSizes(
  { rows, searchRows, components }: GaussianProcessSettings["model"],
  { fittedRows, trainRows, metric, text, fields }: Widths,
): GaussianProcessSizes {
  return {
    rows: Math.min(rows, fittedRows),
    varianceRows: Math.min(searchRows, rows, trainRows),
    components,
    metric,
    text,
    fields,
  };
}
