import type { Documented } from "../settings/documented.ts";
import { choice, flag, number, numbers, optionalNumber } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  width: optionalNumber(
    128,
    [1, 65536, true],
    "dimensions of a token, a multiple of the heads; null for those of a text's embedding",
  ),
  layers: number(2, [1, 64, true], "attention layers of each kind: within a branch, from metric to texts, among all"),
  heads: number(8, [1, 1024, true], "heads of each attention"),
  feedForward: number(4, [0, 64, false], "width of the feed-forward parts, in widths of a token; 0 for none"),
  dropout: number(0.1, [0, 0.99, false], "part of attention and activations dropped"),
  normalize: flag(true, "scales refined embeddings to length 1"),
} as const satisfies Table;

const loss = {
  mining: choice("random", ["random", "hard", "semihard"], "which triplets of a batch are learnt from"),
  margin: number(1, [0, 1e3, false], "how much nearer than the negative the positive has to be"),
  squared: flag(true, "takes squared Euclidean distances"),
  positiveWithin: number(1, [0, 10, false], "most that the score of a positive differs from the anchor's"),
  negativeFrom: number(3, [0, 10, false], "least that the score of a negative differs from it"),
  balanced: flag(true, "draws the rows of a batch evenly from the scores 0-2, 3-5, 6-8 and 9-10"),
} as const satisfies Table;

const ridge = {
  alphas: numbers(
    [0.001, 0.01, 0.1, 1, 10, 100, 1000],
    [1e-9, 1e9, false],
    "penalties of the ridge regression; the one with the least error on left-out rows is taken",
  ),
} as const satisfies Table;

/** Settings of the recipe `attention-refiner`: document 002 names few numbers; `attentionRefinerDocumented` has them. */
export const attentionRefinerTable = recipeTable({
  model: { ...model, ridge },
  loss,
  defaults: {
    features: { texts: "fields" },
    optimizer: { name: "adam", lr: 3e-4, clip: 1 },
    schedule: { patience: 3 },
    training: { batchSize: 128, earlyStopping: 8 },
  },
});

/** As document 002 has it. */
export const attentionRefinerDocumented: Documented = {
  document: "002",
  settings: {
    augmentation: { metricSwap: { share: 0 } },
    model: { width: null },
    prediction: { offset: -3 },
  },
  otherwise: "it names neither layers, heads, rates nor dropout: those are the recipe's own",
};

/** Settings of the recipe `attention-refiner`. */
export interface AttentionRefinerSettings extends SharedSettings {
  readonly model: Values<typeof model> & { readonly ridge: Values<typeof ridge> };
  readonly loss: Values<typeof loss>;
}
