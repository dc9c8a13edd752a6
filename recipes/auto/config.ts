import { number } from "../settings/field.ts";
import { recipeTable, type SharedSettings } from "../settings/shared.ts";
import type { Table, Values } from "../settings/table.ts";
import { gaussianProcessModel, gaussianProcessTable } from "../gaussian_process/config.ts";

const model = {
  ...gaussianProcessModel,
  folds: number(5, [2, 100, true], "parts of the train rows that candidates are judged on, each fitted without it"),
  budget: number(
    75,
    [1, 1e6, false],
    "seconds that judging, fitting and measuring may take, about; where they are too few, predictions lean on fewer rows",
  ),
} as const satisfies Table;

const loss = {} as const satisfies Table;

/** Settings of the recipe `auto`: those of its Gaussian process, and how candidates are judged. */
export const autoTable = recipeTable({
  model,
  loss,
  defaults: {
    data: { validationShare: gaussianProcessTable.data.validationShare.default },
    features: { texts: gaussianProcessTable.features.texts.default },
    augmentation: { metricSwap: { share: 0 } },
    fit: { name: gaussianProcessTable.fit.name.default },
    training: { epochs: 1 },
  },
});

/** Settings of the recipe `auto`. */
export interface AutoSettings extends SharedSettings {
  readonly model: Values<typeof model>;
  readonly loss: Values<typeof loss>;
}
