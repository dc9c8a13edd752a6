import type { Documented } from "../settings/documented.ts";
import { choice, number, optionalNumber } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  approach: choice(
    "joint-space",
    ["joint-space", "projections"],
    "text and metric in one space, with metrics as anchors; or each with a projection of its own, side by side",
  ),
  projection: number(
    128,
    [1, 65536, true],
    "dimensions of a projected text or metric, and of the projections' hidden layers",
  ),
  hidden: number(128, [1, 65536, true], "width of the head's hidden layer"),
  dropout: number(0.2, [0, 0.99, false], "part of the hidden activations dropped"),
} as const satisfies Table;

const loss = {
  lambda: number(0.5, [0, 1e3, false], "factor on the contrastive loss; joint-space only"),
  temperature: number(0.07, [1e-3, 1e3, false], "what its cosines are divided by"),
  pullFrom: number(7, [0, 10, true], "lowest score of rows that are pulled to their metric's anchor"),
  pushTo: optionalNumber(4, [0, 10, true], "highest score of rows that are pushed away from it; null to push none"),
  margin: number(0, [-1, 1, false], "cosine below which a row is far enough away"),
} as const satisfies Table;

/** Settings of the recipe `joint-embedding`, system E; its document (001) names no numbers. */
export const jointEmbeddingTable = recipeTable({
  model,
  loss,
  defaults: {
    weights: { kind: "score-ranges" },
    optimizer: { name: "adamw", lr: 1e-3, weightDecay: 1e-4, clip: 1 },
    schedule: { patience: 3 },
    training: { earlyStopping: 10 },
  },
});

/** As document 001 has its second approach. */
export const jointEmbeddingDocumented: Documented = {
  document: "001",
  settings: {
    augmentation: { metricSwap: { share: 0 }, resample: { share: 1 } },
    prediction: { round: true },
  },
  otherwise: "it names no numbers: sizes, rates, lambda, the temperature and how many rows are drawn again are the " +
    "recipe's own, and its language-model samples need a model to write them (augmentation.languageModel.replies)",
};

/** Settings of the recipe `joint-embedding`. */
export interface JointEmbeddingSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
