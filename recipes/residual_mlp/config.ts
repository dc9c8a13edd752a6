import { number, numbers } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

const model = {
  hidden: numbers([1024, 512, 256], [1, 65536, true], "widths of the hidden layers"),
  dropout: number(0.2, [0, 0.99, false], "part of the activations dropped"),
} as const satisfies Table;

const loss = {} as const satisfies Table;

/** Settings of the recipe `residual-mlp`: the defaults are its document's (003), but for the encoder. */
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

/** Settings of the recipe `residual-mlp`. */
export interface ResidualMlpSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
