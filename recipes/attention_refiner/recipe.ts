import { minedTripletLoss } from "../../engine/ops/mining.ts";
import { UsageError } from "../../kernels/errors.ts";
import { balancedBatches, shuffledBatches } from "../training/batches.ts";
import { Ridge } from "../classical/ridge.ts";
import type { Recipe } from "../recipe.ts";
import { attentionRefinerDocumented, type AttentionRefinerSettings, attentionRefinerTable } from "./config.ts";
import { RefinedRidge } from "./refined_ridge.ts";

/** Lowest scores of the bins that batches are drawn from evenly: far enough apart for positives and negatives. */
const binStarts = [0, 3, 6, 9] as const;

/** System C: attention among metric and texts, trained by triplets, with a ridge regression on what it gives. */
export const attentionRefiner: Recipe<AttentionRefinerSettings, RefinedRidge> = {
  name: "attention-refiner",
  summary:
    "attention among metric, prompts and response, trained by triplets of like and unlike scores, then ridge (002)",
  table: attentionRefinerTable,
  statistics: false,
  documented: attentionRefinerDocumented,

  check({ loss: { positiveWithin, negativeFrom } }) {
    if (positiveWithin < negativeFrom) return;
    throw new UsageError(
      `loss.positiveWithin is ${positiveWithin}; less than loss.negativeFrom, ${negativeFrom}, is expected.`,
    );
  },

  build({ model: { width, feedForward, ridge: _, ...sizes } }, { metric, text, fields }, options) {
    const tokens = width ?? text;
    const inner = Math.round(feedForward * tokens);
    return new RefinedRidge(options, { ...sizes, metric, text, fields, width: tokens, feedForward: inner });
  },

  batches({ score }, random, { training: { batchSize }, loss: { balanced } }) {
    if (balanced) return balancedBatches(score, { batchSize, binStarts }, random);
    return shuffledBatches(score.length, { batchSize }, random);
  },

  loss: (network, batch, { loss: { balanced: _, ...settings } }) =>
    minedTripletLoss({ x: network.refiner.forward(batch), score: batch.score, weight: batch.weight }, settings),

  /** The ridge regression, on what the network now makes of the train rows. */
  async refit(network, { rows, compute }, { model: { ridge: { alphas } } }) {
    const data = await compute((batch) => network.refiner.forward(batch));
    const x = { data, rows: rows.score.length, columns: network.coef.size };
    network.assign(Ridge.searchLeaveOneOut({ x, y: rows.score, weight: rows.weight }, alphas).ridge);
  },

  embed: (network, batch) => network.refiner.forward(batch),

  predict: (network, batch) => ({ score: network.score(network.refiner.forward(batch)) }),
};
