import { number } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";

/** Settings of a Gaussian process. */
export const gaussianProcessModel = {
  rows: number(6000, [2, 20_000, true], "most train rows that predictions lean on; of more, that many are drawn"),
  searchRows: number(500, [2, 4000, true], "rows that each step of the search for the covariance's scales looks at"),
  components: number(96, [1, 4096, true], "principal components of embeddings that distances are measured along"),
} as const satisfies Table;

const loss = {} as const satisfies Table;

/** Settings of the recipe `gaussian-process`. It is fitted in closed form, so that optimiser and schedule have no say. */
export const gaussianProcessTable = recipeTable({
  model: gaussianProcessModel,
  loss,
  defaults: {
    data: { validationShare: 0.1 },
    features: { texts: "prompt-response" },
    augmentation: { metricSwap: { share: 0 } },
    fit: { name: "auto" },
    training: { epochs: 1 },
  },
});

/** Settings of the recipe `gaussian-process`. */
export interface GaussianProcessSettings extends SharedSettings {
  readonly model: Values<typeof gaussianProcessModel>;
  readonly loss: Values<typeof loss>;
}
