import { suggestName } from "../data/texts/nearest_name.ts";
import { describeValue } from "../engine/files/describe_value.ts";
import { UsageError } from "../kernels/errors.ts";
import type { Recipe } from "./recipe.ts";
import { auto } from "./auto/recipe.ts";
import { attentionRefiner } from "./attention_refiner/recipe.ts";
import { gaussianProcess } from "./gaussian_process/recipe.ts";
import { bilinear } from "./bilinear/recipe.ts";
import { jointEmbedding } from "./joint_embedding/recipe.ts";
import { residualMlp } from "./residual_mlp/recipe.ts";
import { scml } from "./scml/recipe.ts";
import { type GivenSettings, isStepSetting, type Settings } from "./settings/shared.ts";
import { currentSettings } from "./settings/renamed.ts";
import { resolve } from "./settings/table.ts";

/** Recipes that come with the project; the first is the one that is trained when none is named. */
export const recipes: readonly Recipe[] = [
  auto,
  bilinear,
  residualMlp,
  attentionRefiner,
  gaussianProcess,
  jointEmbedding,
  scml,
];

const registered = new Map<string, Recipe>();

/**
 * Adds a recipe of one's own. From then on its name can be trained, resumed, compared and scored with in this thread, as
 * the names of the project's own recipes can; a program that opens such a run registers its recipe first.
 *
 * @throws UsageError when its name is that of one of the project's recipes
 */
export function registerRecipe(recipe: Recipe): void {
  if (recipes.some(({ name }) => name === recipe.name)) {
    throw new UsageError(`The recipe "${recipe.name}" is there already; another name is expected for one of your own.`);
  }
  registered.set(recipe.name, recipe);
}

/** The recipe of a name. @throws UsageError naming the nearest one */
export function recipeNamed(name: string): Recipe {
  const all = [...recipes, ...registered.values()];
  const found = all.find((recipe) => recipe.name === name);
  if (found) return found;
  const known = all.map((recipe) => recipe.name);
  const meant = known.length > 1 ? ` (did you mean ${suggestName(name, known)}?)` : "";
  throw new UsageError(`The recipe is ${describeValue(name)}; ${known.join(" or ")} is expected${meant}.`);
}

/**
 * All settings of a recipe: its defaults, and what is given over them.
 *
 * @throws UsageError naming a setting that is unknown, has a value it cannot have, or does not go with another
 */
export function settingsOf(recipe: Recipe, given: unknown = {}): Settings {
  const settings = resolve(recipe.table, currentSettings(given)) as unknown as Settings;
  const { data: { folds, fold, folding, groupBy }, augmentation: { metricSwap } } = settings;
  if (folds === 1 || fold >= Math.max(folds, 1)) {
    throw new UsageError(
      `data.fold is ${fold} of data.folds ${folds}; at least 2 folds, counted from 0, are expected.`,
    );
  }
  if (folding === "scikit-learn" && groupBy !== null) {
    throw new UsageError(
      `data.groupBy is ${
        describeValue(groupBy)
      }, but data.folding scikit-learn keeps no groups together; one of the two is ` +
        "expected.",
    );
  }
  if (metricSwap.lowest > metricSwap.highest) {
    throw new UsageError(
      `augmentation.metricSwap.lowest is ${metricSwap.lowest}; no more than its highest, ${metricSwap.highest}, is expected.`,
    );
  }
  recipe.check?.(settings);
  return settings;
}

/**
 * Refuses settings of optimiser, schedule and steps for a recipe that takes none.
 *
 * @param given settings that were asked for: the path, and what messages call it
 * @throws UsageError naming the first of them
 */
export function refuseStepSettings(
  recipe: Recipe,
  settings: GivenSettings,
  given: Iterable<readonly [path: string, name: string]>,
): void {
  if (!recipe.fitted?.(settingsOf(recipe, settings))) return;
  for (const [path, name] of given) {
    if (!isStepSetting(path)) continue;
    throw new UsageError(`${name} has no effect on ${recipe.name}, which is fitted in closed form, without steps.`);
  }
}
