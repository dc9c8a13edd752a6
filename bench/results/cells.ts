import { ensembleName } from "../../runs/ensemble/config.ts";
import type { Member } from "../../runs/ensemble/members.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { recipeNamed, recipes, settingsOf } from "../../recipes/registry.ts";
import { type GivenSettings, sharedTable } from "../../recipes/settings/shared.ts";
import { fieldsOf, setByPath } from "../../recipes/settings/table.ts";

/** Ways to train a recipe on the sample set: without any remedy, as its document has it, and with the fit model instead. */
export const variants = ["plain", "documented", "fit"] as const;
/** A way to train a recipe. */
export type Variant = (typeof variants)[number];

/** What one number of the tables is measured on. */
export interface Cell {
  /** Also the name of its folder, such as "sample-bilinear-plain-20". */
  readonly name: string;
  readonly set: "sample" | "fed";
  readonly recipe: string;
  readonly variant: Variant;
  readonly seed: number;
  readonly settings: GivenSettings;
  /** Members of an ensemble, whose settings are then those of its split; empty for a single run. */
  readonly members: readonly Member[];
  /** Minutes that it takes on two cores without a GPU, roughly. */
  readonly minutes: number;
}

/** No augmentation, no weights and no fit model. */
const unaided: readonly (readonly [path: string, word: string])[] = [
  ["weights.kind", "none"],
  ["fit.name", "none"],
  ...[...fieldsOf(sharedTable).keys()].filter((path) => /^augmentation\..*share$/.test(path))
    .map((path) => [path, "0"] as const),
];

/** Rough minutes of an epoch on the sample set's 4,000 train rows; of a fitted recipe of the whole run. */
const minutes: Readonly<Record<string, { readonly plain: number; readonly documented: number }>> = {
  bilinear: { plain: 0.06, documented: 7 },
  "residual-mlp": { plain: 0.06, documented: 0.3 },
  "attention-refiner": { plain: 0.15, documented: 3 },
  "gaussian-process": { plain: 2, documented: 2 },
  "joint-embedding": { plain: 0.05, documented: 0.1 },
  scml: { plain: 0.06, documented: 0.06 },
};

/** What a fit model takes to be fitted. */
const fitMinutes = 0.5;

/**
 * All cells of the tables.
 *
 * @param options.epochs most epochs of a recipe that is trained step by step
 * @param options.fed whether to measure on FED too
 */
export function allCells({ epochs, fed }: { readonly epochs: number; readonly fed: boolean }): Cell[] {
  const cellOf = (set: Cell["set"], recipe: string, variant: Variant, seed: number): Cell => {
    const given = settingsFor(recipe, variant, { epochs, seed, groupBy: set === "fed" ? "conversation" : null });
    const chosen = recipeNamed(recipe), settings = set === "fed" ? withoutSystemPrompts(chosen, given) : given;
    const fitted = chosen.fitted?.(settingsOf(chosen, settings)) ?? false;
    const { plain = 1, documented = 1 } = minutes[recipe] ?? {};
    const rough = (variant === "documented" ? documented : plain) * (fitted ? 1 : epochs) +
      (variant === "fit" ? fitMinutes : 0);
    const name = [set, recipe, variant, ...(set === "fed" ? [`seed-${seed}`] : []), ...(fitted ? [] : [epochs])].join(
      "-",
    );
    // Five folds, each of less than a thousand rows fewer.
    return { name, set, recipe, variant, seed, settings, members: [], minutes: set === "fed" ? 3.5 * rough : rough };
  };
  const names = recipes.map(({ name }) => name);
  return [
    ...names.flatMap((recipe) =>
      variants.filter((variant) => variant !== "documented" || recipeNamed(recipe).documented)
        .map((variant) => cellOf("sample", recipe, variant, 1))
    ),
    ...(fed ? names.flatMap((recipe) => [1, 2, 3].map((seed) => cellOf("fed", recipe, "plain", seed))) : []),
    ...(fed ? [1, 2, 3].map((seed) => ensembleCell(seed, epochs)) : []),
  ];
}

/** FED has no system prompts: what would see all three fields sees two. */
function withoutSystemPrompts(recipe: Recipe, given: GivenSettings): GivenSettings {
  if (settingsOf(recipe, given).features.texts !== "fields") return given;
  return { ...given, features: { ...given.features, texts: "prompt-response" } };
}

/** Recipes of the ensemble's members, one of each that differs from the others in how it scores. */
const memberRecipes = ["gaussian-process", "joint-embedding", "residual-mlp", "bilinear"];

function ensembleCell(seed: number, epochs: number): Cell {
  const members = memberRecipes.map((recipe) => ({
    recipe,
    settings: settingsFor(recipe, "plain", { epochs, seed, groupBy: null }),
  }));
  const rough = memberRecipes.reduce(
    (sum, recipe) => sum + minutes[recipe]!.plain * (recipe === "gaussian-process" ? 1 : epochs),
    0,
  );
  return {
    name: `fed-${ensembleName}-plain-seed-${seed}-${epochs}`,
    set: "fed",
    recipe: ensembleName,
    variant: "plain",
    seed,
    settings: { data: { groupBy: "conversation", splitSeed: seed } },
    members,
    minutes: 3.5 * rough,
  };
}

/** The settings of a cell. */
export function settingsFor(
  recipe: string,
  variant: Variant,
  { epochs, seed, groupBy }: { readonly epochs: number; readonly seed: number; readonly groupBy: string | null },
): GivenSettings {
  const { table, documented } = recipeNamed(recipe);
  const words = [
    ...(variant === "documented" ? [] : unaided),
    ...(variant === "fit" ? [["fit.name", "auto"] as const] : []),
    // Document 004's folds keep no groups together.
    ...(groupBy === null ? [] : [["data.groupBy", groupBy], ["data.folding", "grouped"]] as const),
    ["training.epochs", String(epochs)] as const,
    ["training.seed", String(seed)] as const,
  ];
  const from = variant === "documented" ? documented?.settings ?? {} : {};
  return words.reduce((given: GivenSettings, [path, word]) => setByPath(table, given, path, word), from);
}
