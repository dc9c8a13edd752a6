import { describeValue } from "../../engine/files/describe_value.ts";
import { UsageError } from "../../kernels/errors.ts";
import { recipeNamed, refuseStepSettings } from "../../recipes/registry.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { jointEmbeddingDocumented } from "../../recipes/joint_embedding/config.ts";
import { changedSettings, fieldsOf, leaves, mergeGiven, setByPath } from "../../recipes/settings/table.ts";

/** A run of an ensemble. */
export interface Member {
  /** Name of the recipe. */
  readonly recipe: string;
  /** Settings that differ from the recipe's defaults. */
  readonly settings: GivenSettings;
}

/** A member, or several that differ by a grid. */
export interface MemberEntry {
  /** May stand in the grid instead. */
  readonly recipe?: string;
  /** Settings in sections. */
  readonly settings?: GivenSettings;
  /** "recipe" or the paths of settings, each with the values to be tried; every combination is a member. */
  readonly grid?: Readonly<Record<string, readonly unknown[]>>;
}

/** Members of an ensemble when none are asked for: what is best alone, and networks that err otherwise. */
export const defaultMembers: readonly MemberEntry[] = [
  { recipe: "gaussian-process" },
  { grid: { recipe: ["residual-mlp", "bilinear"], "training.seed": [1, 2, 3] } },
];

/**
 * Members as document 001 has them: its two approaches, several of each that differ in projection size, contrastive weight,
 * dropout, seed and data draw. It names neither how many nor which values.
 */
export const documentedMembers: readonly MemberEntry[] = ([
  ["projections", 64, 0, 0.1],
  ["projections", 128, 0, 0.2],
  ["projections", 256, 0, 0.3],
  ["joint-space", 64, 0.25, 0.1],
  ["joint-space", 128, 0.5, 0.2],
  ["joint-space", 256, 1, 0.3],
] as const).map(([approach, projection, lambda, dropout], i) => {
  const { data: _data, prediction: _prediction, ...settings } = jointEmbeddingDocumented.settings;
  const own = {
    training: { seed: i + 1, rowShare: 0.9 },
    model: { approach, projection, dropout },
    ...(lambda === 0 ? {} : { loss: { lambda } }),
  };
  return { recipe: "joint-embedding", settings: mergeGiven(settings, own) };
});

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const entryFields = [
  ["recipe", (value: unknown) => typeof value === "string", "the name of a recipe"],
  ["settings", isObject, "an object of settings"],
  ["grid", isObject, "an object of lists of values"],
] as const;

/**
 * The members that entries stand for, in their order; the last setting of a grid changes fastest.
 *
 * @throws UsageError naming the entry's recipe or setting that is unknown, or the value that it cannot have
 */
export function expandMembers(entries: readonly MemberEntry[]): Member[] {
  return entries.flatMap((entry, i) => {
    const where = `members, entry ${i + 1}`;
    for (const name of Object.keys(entry)) {
      if (!["recipe", "settings", "grid"].includes(name)) {
        throw new UsageError(`${where} has ${describeValue(name)}; recipe, settings and grid are expected.`);
      }
    }
    for (const [name, isRight, what] of entryFields) {
      const value: unknown = entry[name];
      if (value === undefined || isRight(value)) continue;
      throw new UsageError(`${where}: ${name} is ${describeValue(value)}; ${what} is expected.`);
    }
    let found: { readonly recipe?: string; readonly values: readonly (readonly [string, unknown])[] }[] = [
      { ...(entry.recipe === undefined ? {} : { recipe: entry.recipe }), values: [] },
    ];
    for (const [path, values] of Object.entries(entry.grid ?? {})) {
      if (!Array.isArray(values) || values.length === 0) {
        throw new UsageError(
          `${where}: ${describeValue(path)} of the grid is ${describeValue(values)}; a list of values is expected.`,
        );
      }
      found = found.flatMap((one) =>
        values.map((value) =>
          path === "recipe"
            ? { ...one, recipe: String(value) }
            : { ...one, values: [...one.values, [path, value] as const] }
        )
      );
    }
    return found.map(({ recipe: name, values }) => {
      if (name === undefined) throw new UsageError(`${where} names no recipe.`);
      const recipe = recipeNamed(name), { table } = recipe;
      const settings = values.reduce<GivenSettings>(
        (given, [path, value]) => setByPath(table, given, path, Array.isArray(value) ? value.join() : String(value)),
        entry.settings ?? {},
      );
      refuseStepSettings(recipe, settings, leaves(settings).map(([path]) => [path, `${where}: ${path}`]));
      return { recipe: name, settings };
    });
  });
}

/**
 * Reads a member from the command line: a recipe and settings, the values of a grid between bars, such as
 * `residual-mlp training.seed=1|2|3 model.dropout=0.1`.
 *
 * @throws UsageError when a word is no setting
 */
export function parseMember(words: string): MemberEntry {
  const [recipe, ...assignments] = words.trim().split(/\s+/);
  const grid = assignments.map((assignment) => {
    const equals = assignment.indexOf("=");
    if (equals < 1) {
      throw new UsageError(
        `--member is "${words}"; a recipe and settings with values, such as training.seed=1|2|3, are expected.`,
      );
    }
    return [assignment.slice(0, equals), assignment.slice(equals + 1).split("|")] as const;
  });
  const names = grid.map(([name]) => name), twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new UsageError(`--member is "${words}", which gives ${twice} twice; once is expected.`);
  }
  return { recipe: recipeNamed(recipe ?? "").name, grid: Object.fromEntries(grid) };
}

/** Settings that hold for all members, under those of each. @throws UsageError where a member's recipe lacks one */
export function withCommon(
  members: readonly Member[],
  common: readonly (readonly [path: string, word: string])[],
): Member[] {
  return members.map(({ recipe, settings }) => {
    const { table } = recipeNamed(recipe);
    const own = new Set(leaves(settings).map(([path]) => path));
    const given = common.filter(([path]) => !own.has(path)).reduce((so, [path, word]) => {
      if (fieldsOf(table).has(path)) return setByPath(table, so, path, word);
      throw new UsageError(
        `${path} is for all members, but ${recipe} has no such setting; give it to those that have: --member "RECIPE ${path}=${word}".`,
      );
    }, settings);
    return { recipe, settings: given };
  });
}

/** A member as `--member` takes it. */
export function describeMember({ recipe, settings }: Member): string {
  return [recipe, ...changedSettings(recipeNamed(recipe).table, settings).map(([path, word]) => `${path}=${word}`)]
    .join(" ");
}
