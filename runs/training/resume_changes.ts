import { UsageError } from "../../kernels/errors.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import type { RunConfig } from "../run_folder.ts";
import type { GivenSettings, Settings } from "../../recipes/settings/shared.ts";
import { fieldsOf, setByPath } from "../../recipes/settings/table.ts";

/** Settings that a run may go on with other values of, since they matter from the next step on alone. */
const changeable = ["optimizer.lr", "optimizer.clip", "training.onNonfinite"] as const;

/** A setting that a run is to go on with: its path, the word for its value, and what messages call it. */
export type SettingChange = readonly [path: string, word: string, name: string];

/** The settings that a run has to keep: all but those that may change. */
export function keptSettings(settings: Settings): object {
  const { lr: _lr, clip: _clip, ...optimizer } = settings.optimizer;
  const { onNonfinite: _action, ...training } = settings.training;
  return withoutLater({ ...settings, optimizer, training });
}

/** Settings that came later, with the value that changes nothing. A run that was begun before has none of them. */
const later = new Map<string, unknown>([
  ["data.validationCount", null],
  ["data.nonText", "refuse"],
  ["data.folding", "grouped"],
  ["features.encoding.prompt", null],
  ["features.encoding.dimensions", null],
  ["augmentation.smoothing.share", 0],
  ["augmentation.smoothing.neighbors", 5],
  ["augmentation.rows", null],
  ["augmentation.opposite.count", null],
  ["augmentation.substitutable.count", null],
]);

/** Settings without those that came later and change nothing, so that a run of before is still known by its settings. */
function withoutLater(section: object, path = ""): object {
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]) => {
      const at = path + name;
      if (later.has(at) && later.get(at) === value) return [];
      const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
      if (!isSection) return [[name, value]];
      const left = withoutLater(value, `${at}.`);
      // A section that came later goes as a whole; one that never had a setting stays.
      return Object.keys(left).length === 0 && Object.keys(value).length > 0 ? [] : [[name, left]];
    }),
  );
}

/** A config with other values of settings that may change. @throws UsageError naming the first that may not */
export function changeSettings(config: RunConfig, changes: readonly SettingChange[]): RunConfig {
  const recipe = recipeNamed(config.recipe);
  let given: GivenSettings = config.settings;
  for (const [path, word, name] of changes) {
    if (fieldsOf(recipe.table).has(path) && !changeable.some((one) => one === path)) {
      throw new UsageError(
        `A run goes on with its own ${name}; only ${changeable.slice(0, -1).join(", ")} and ${
          changeable.at(-1)
        } may change.`,
      );
    }
    given = setByPath(recipe.table, given, path, word, name);
  }
  return { ...config, settings: settingsOf(recipe, given) };
}
