import { readJsonValue } from "../../data/files/json_value.ts";
import { describeValue } from "../../engine/files/describe_value.ts";
import { repeatedKey } from "../../engine/files/repeated_key.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { recipeNamed, recipes, refuseStepSettings } from "../../recipes/registry.ts";
import { type GivenSettings, isStepSetting } from "../../recipes/settings/shared.ts";
import type { Documented } from "../../recipes/settings/documented.ts";
import { fieldsOf, mergeGiven, resolve, setByPath } from "../../recipes/settings/table.ts";
import { describe, flagOf } from "./options.ts";

/** Short options of `train` for settings of any recipe: the option, what its value is called, and the setting. */
const shorthands = [
  ["validationShare", "share", "data.validationShare"],
  ["groupBy", "field", "data.groupBy"],
  ["negatives", "share", "augmentation.metricSwap.share"],
  ["augmented", "folder", "augmentation.rows"],
  ["weights", "kind", "weights.kind"],
  ["seed", "number", "training.seed"],
  ["budget", "time", "model.budget"],
  ["bilinear", "form", "model.bilinear"],
  ["rank", "number", "model.rank"],
  ["hidden", "widths", "model.hidden"],
  ["dropout", "share", "model.dropout"],
  ["epochs", "count", "training.epochs"],
  ["batchSize", "rows", "training.batchSize"],
  ["learningRate", "rate", "optimizer.lr"],
  ["weightDecay", "rate", "optimizer.weightDecay"],
  ["clip", "norm", "optimizer.clip"],
  ["onNonfinite", "action", "training.onNonfinite"],
  ["plateauPatience", "epochs", "schedule.patience"],
  ["earlyStopping", "epochs", "training.earlyStopping"],
] as const;

/** Names of the short options as the command line gives them: `learningRate` for `--learning-rate`. */
type Shorthand = (typeof shorthands)[number][0];

/** Values of the short options, as they were typed. */
export type ShorthandWords = { readonly [Name in Shorthand]?: string | undefined };

/** The recipe whose defaults the help of the short options shows. */
export const shorthandRecipe = recipeNamed("bilinear");

/** Each short option with its help. */
export function shorthandOptions(): { readonly flags: string; readonly description: string }[] {
  const fields = [shorthandRecipe, ...recipes].map(({ table }) => fieldsOf(table));
  return shorthands.map(([name, value, path]) => {
    const { doc, standard, kind: { options } } = fields.find((some) => some.has(path))!.get(path)!;
    const what = options ? `${doc}: ${options.join(" or ")}` : doc;
    return {
      flags: `${flagOf(name)} <${value}>`,
      description: standard === null ? what : describe(what, standard),
    };
  });
}

/** What `train` was told of recipe and settings. */
export interface SettingWords {
  readonly recipe?: string | undefined;
  /** True to start from what the recipe's document has. */
  readonly asDocumented?: boolean | undefined;
  /** JSON file of settings. */
  readonly config?: string | undefined;
  /** "optimizer.lr=3e-4", one each. */
  readonly set?: readonly string[] | undefined;
  /** Name of the encoder. */
  readonly encoder?: string | undefined;
  readonly shorthands: ShorthandWords;
}

/**
 * The recipe and the settings that were asked for: those of its document, over them those of the file, over them the short
 * options, over them `--set`.
 *
 * @throws UsageError naming the option, or the file, and what is expected of it
 */
export function readSettings(
  words: SettingWords,
  file: SettingsFile | null,
): { readonly recipe: string; readonly settings: GivenSettings } {
  if (file?.recipe && words.recipe && file.recipe !== words.recipe) {
    throw new UsageError(`--recipe is "${words.recipe}", but ${words.config} is for ${describeValue(file.recipe)}.`);
  }
  const recipe = words.recipe === undefined && file?.recipe !== undefined
    ? namingFile(words.config, () => recipeNamed(file.recipe!))
    : recipeNamed(words.recipe ?? unnamedRecipe(words, file));
  const documented = words.asDocumented ? documentedOf(recipe).settings : {};
  let settings = mergeGiven(documented, checked(file?.settings ?? {}, recipe, words.config));
  for (const [path, word, name] of assignments(words)) {
    if (name !== path && !fieldsOf(recipe.table).has(path)) {
      throw new UsageError(`${name} sets ${path}, which the recipe ${recipe.name} does not have.`);
    }
    settings = setByPath(recipe.table, settings, path, word, name);
  }
  refuseStepSettings(recipe, settings, assignments(words).map(([path, , name]) => [path, name]));
  return { recipe: recipe.name, settings };
}

/** The recipe as its document has it. @throws UsageError where no document describes it */
export function documentedOf({ name, documented }: Recipe): Documented {
  if (documented) return documented;
  const others = recipes.flatMap((one) => one.documented ? [one.name] : []).join(", ");
  throw new UsageError(`--as-documented: no document describes the recipe ${name}; ${others} or ensemble is expected.`);
}

/**
 * What is trained where no recipe is named: the default, or, where settings of steps are given that it does not have, the
 * one that was the default before there was `auto`.
 */
function unnamedRecipe(words: SettingWords, file: SettingsFile | null): string {
  const [standard] = recipes as [Recipe, ...Recipe[]];
  const known = fieldsOf(standard.table);
  const fits = (path: string) => known.has(path) && !isStepSetting(path);
  const ofFile = Object.entries(file?.settings ?? {}).flatMap(([section, settings]) =>
    typeof settings === "object" && settings !== null ? Object.keys(settings).map((name) => `${section}.${name}`) : []
  );
  const isOwn = (path: string) => fieldsOf(shorthandRecipe.table).has(path) && !fits(path);
  return [...assignments(words).map(([path]) => path), ...ofFile].some(isOwn) ? shorthandRecipe.name : standard.name;
}

/** Settings that options give, those of `--set` last: the path, the word, and what messages call the setting. */
export function assignments(words: SettingWords): [path: string, word: string, name: string][] {
  const short = shorthands.flatMap(([name, , path]): [string, string, string][] => {
    const word = words.shorthands[name];
    if (word === undefined) return [];
    return [[path, name === "budget" ? secondsOf(word) : word, flagOf(name)]];
  });
  const set = (words.set ?? []).map((assignment): [string, string, string] => {
    const equals = assignment.indexOf("=");
    if (equals < 1) {
      throw new UsageError(
        `--set is "${assignment}"; a setting and its value, such as optimizer.lr=3e-4, are expected.`,
      );
    }
    const path = assignment.slice(0, equals);
    return [path, assignment.slice(equals + 1), path];
  });
  const encoder: [string, string, string][] = words.encoder === undefined
    ? []
    : [["features.encoder", words.encoder, "--encoder"]];
  return [...encoder, ...short, ...set];
}

/** A time such as 90s, 2m or 1h in seconds; what is none is left as it is, to be refused. */
function secondsOf(word: string): string {
  const [, number, unit] = /^([0-9.]+)(s|m|h)$/.exec(word.trim()) ?? [];
  return number === undefined ? word : String(Number(number) * { s: 1, m: 60, h: 3600 }[unit as "s" | "m" | "h"]);
}

/** What a file of settings holds. */
export interface SettingsFile {
  readonly recipe?: string;
  /** In sections. */
  readonly settings: object;
}

/** Reads a file of settings: sections, and the recipe if it likes; or the config of a run; null when none is named. @throws UsageError */
export async function readConfigFile(path: string | undefined): Promise<SettingsFile | null> {
  if (path === undefined) return null;
  const { value: content, text } = await readJsonValue(path, "a JSON file of settings");
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new UsageError(`${path} holds no object of settings.`);
  }
  const twice = repeatedKey(text);
  if (twice) {
    const [, ...within] = twice.path, setting = [...within, twice.key].join(".");
    throw new UsageError(`${path} gives ${describeValue(setting)} twice; once is expected.`);
  }
  const { recipe, ...sections } = content as Record<string, unknown>;
  if (recipe !== undefined && typeof recipe !== "string") {
    throw new UsageError(`${path}: recipe is ${describeValue(recipe)}; the name of a recipe is expected.`);
  }
  const settings = "format" in sections ? sections.settings : sections;
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new UsageError(`${path}: settings is ${describeValue(settings)}; an object of settings is expected.`);
  }
  return { settings, ...(recipe === undefined ? {} : { recipe }) };
}

function checked(settings: object, recipe: Recipe, path?: string): GivenSettings {
  namingFile(path, () => resolve(recipe.table, settings));
  return settings as GivenSettings;
}

/** Does work on what a file holds, whose errors name the file. @throws UsageError */
export function namingFile<Result>(path: string | undefined, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (path === undefined || !(error instanceof MetrogradError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}
