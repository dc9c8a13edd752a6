import type { Documented } from "../settings/documented.ts";
import { choice, number, numbers, optionalNumber } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  head: choice(
    "mlp",
    ["mlp", "knn", "local-knn"],
    "layers on the features of a local metric; or nearest neighbours, under one metric fitted in closed form or under a local one that a hinge over triplets learns",
  ),
  pca: number(
    128,
    [0, 4096, true],
    "principal components of metric and text that x has; 0 for the embeddings themselves",
  ),
  basis: choice(
    "learned",
    ["identity", "triplet-diffs", "lda", "learned"],
    "directions that metrics are composed of; learned starts from triplet-diffs",
  ),
  bases: number(128, [1, 65536, true], "how many directions; identity has one for each number of x"),
  triplets: number(
    5000,
    [1, 1e6, true],
    "triplets of train rows, scores within 1 and 3 or more apart, that metrics and bases follow",
  ),
  projection: choice(
    "linear",
    ["linear", "kernel-pca"],
    "what the directions' weights depend on: P x, or kernel PCA of x, which local-knn always takes",
  ),
  projectionSize: number(32, [1, 65536, true], "numbers of the projection"),
  kernelRows: number(500, [2, 20_000, true], "train rows that kernel PCA is fitted to"),
  gamma: optionalNumber(
    null,
    [1e-9, 1e9, false],
    "of its kernel exp(-gamma d²); null for 1 / the mean squared distance of rows",
  ),
  hidden: numbers([64], [1, 65536, true], "widths of the hidden layers"),
  dropout: number(0.2, [0, 0.99, false], "part of the hidden activations dropped"),
  neighbors: number(30, [1, 1000, true], "neighbours whose scores are averaged, with model.head knn and local-knn"),
  beta: number(1e-5, [0, 1e6, false], "penalty on the weights of the one learnt metric, with model.head knn"),
} as const satisfies Table;

const loss = {
  l21: number(
    0,
    [0, 1e6, false],
    "factor on the mixed norm that takes whole directions out: the sum of the norms of what each one's feature is multiplied by, or with local-knn of what its weight follows from",
  ),
} as const satisfies Table;

/** Settings of the recipe `scml`, system D; its document (000) names no sizes and no rates. */
export const scmlTable = recipeTable({
  model,
  loss,
  defaults: {
    optimizer: { name: "adamw", lr: 1e-3, weightDecay: 0.01 },
    training: { earlyStopping: 12 },
  },
});

/** As document 000 has it. */
export const scmlDocumented: Documented = {
  document: "000",
  settings: {
    data: { offGrid: "drop", nonText: "drop", dropStopWords: true },
    augmentation: { metricSwap: { share: 0 } },
    model: { basis: "identity" },
    prediction: { round: true },
  },
  otherwise: "it names no sizes and no rates: those are the recipe's own",
};

/** Settings of the recipe `scml`. */
export interface ScmlSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
