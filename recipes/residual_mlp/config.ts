import type { Documented } from "../settings/documented.ts";
import { number, numbers } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  hidden: numbers([1024, 512, 256], [1, 65536, true], "widths of the hidden layers"),
  dropout: number(0.2, [0, 0.99, false], "part of the activations dropped"),
} as const satisfies Table;

const loss = {} as const satisfies Table;

/** Settings of the recipe `residual-mlp`: the defaults are its document's (003), with counts as shares. */
export const residualMlpTable = recipeTable({
  model,
  loss,
  defaults: {
    features: { texts: "prompt-response" },
    augmentation: {
      metricSwap: { share: 0 },
      opposite: { share: 1 },
      substitutable: { share: 1 },
      // 12,000 and 5,000 beside the document's 5,000 rows.
      targeted: { low: { share: 2.4 }, mid: { share: 1 } },
    },
    optimizer: { name: "adamw", lr: 1e-3, weightDecay: 1e-5 },
    schedule: { patience: 4 },
    training: { batchSize: 256, earlyStopping: 12, labelNoise: 0.05 },
  },
});

/** As document 003 has it. */
export const residualMlpDocumented: Documented = {
  document: "003",
  settings: {
    // 3,000 of its 23,830 rows; of 5,000 records 630.
    data: { validationShare: 0.1259 },
    augmentation: {
      opposite: { count: 1274 },
      substitutable: { count: 554 },
      targeted: { low: { count: 12_000 }, mid: { count: 5000 } },
    },
  },
  otherwise:
    "rows are held out before augmentation, and not after it, so that no copy of a validation row is trained " +
    "on: the document's 3,000 of 23,830 rows are that share of the records; the pairs of metrics are those of our dictionary",
};

/** Settings of the recipe `residual-mlp`. */
export interface ResidualMlpSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
