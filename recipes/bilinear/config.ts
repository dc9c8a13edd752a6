import type { Documented } from "../settings/documented.ts";
import { choice, number, numbers } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  bilinear: choice(
    "rank",
    ["rank", "full"],
    "the bilinear form: of a low rank, or a weight for each pair of inputs and output (gigabytes for wide embeddings)",
  ),
  rank: number(128, [0, 65536, true], "rank of the bilinear form; 0 leaves it out"),
  hidden: numbers([512, 256, 128], [1, 65536, true], "widths of the hidden layers"),
  dropout: number(0.4, [0, 0.99, false], "part of the activations dropped"),
  head: choice(
    "heteroscedastic",
    ["standard", "ordinal", "heteroscedastic"],
    "what the network gives: logits of the classes, logits of P(score <= class), or mean and log-variance",
  ),
} as const satisfies Table;

const loss = {
  name: choice(
    "auto",
    ["auto", "cross-entropy", "hybrid", "focal", "ordinal", "heteroscedastic"],
    "loss; auto is cross-entropy for the standard head, and the one of its name for the others",
  ),
  lambda: number(0.1, [0, 1e3, false], "hybrid: factor on the squared error of the expected score"),
  gamma: number(2, [0, 100, false], "focal: how much less rows count that are predicted well"),
  alpha: number(1, [0, 1e3, false], "focal: factor on the loss"),
} as const satisfies Table;

/** Settings of the recipe `bilinear`: the defaults are its document's (004) but for those of `bilinearDocumented`. */
export const bilinearTable = recipeTable({
  model,
  loss,
  defaults: {
    weights: { kind: "sqrt-inverse" },
    optimizer: { lr: 1e-4, weightDecay: 1e-5, clip: 1 },
    schedule: { minimumLr: 1e-6 },
  },
});

/** As document 004 has it. */
export const bilinearDocumented: Documented = {
  document: "004",
  settings: {
    // Fold 0 of StratifiedKFold(5, shuffle=True, random_state=42).
    data: { folds: 5, folding: "scikit-learn", splitSeed: 42 },
    training: { precision: "mixed" },
    model: { bilinear: "full" },
    prediction: { round: true },
  },
  otherwise: "the ordinal head learns P(score <= k), as the document predicts with it, and not what its code sets",
};

/** Settings of the recipe `bilinear`. */
export interface BilinearSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
