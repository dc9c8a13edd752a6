import assert from "node:assert/strict";
import { recipeNamed, recipes, settingsOf } from "../../recipes/registry.ts";
import { choice, flag, number, numbers, optionalNumber, optionalText } from "../../recipes/settings/field.ts";
import { recipeTable } from "../../recipes/settings/shared.ts";
import { changedSettings, resolve, setByPath, type Table, withDefaults } from "../../recipes/settings/table.ts";

const table = {
  optimizer: { name: choice("adam", ["adam", "sgd"], "which"), lr: number(0.1, [0, 1, false], "rate") },
  stage: { swap: { count: number(3, [0, 9, true], "rows"), on: flag(false, "whether") } },
  hidden: numbers([8, 4], [1, 64, true], "widths"),
  field: optionalText(null, "a field"),
  limit: optionalNumber(null, [0, 1, false], "a limit"),
} as const satisfies Table;

Deno.test("settings: what is not given has its default, and the values have the types of their fields", () => {
  const values = resolve(table, { stage: { swap: { on: true } }, limit: 0.5 });
  const name: "adam" | "sgd" = values.optimizer.name;
  const hidden: readonly number[] = values.hidden;
  assert.deepEqual([name, values.optimizer.lr, values.stage.swap, hidden, values.field, values.limit], [
    "adam",
    0.1,
    { count: 3, on: true },
    [8, 4],
    null,
    0.5,
  ]);
});

Deno.test("settings: unknown ones are refused with the nearest known, sections and values of another kind too", () => {
  const refused = (given: unknown, message: string) =>
    assert.throws(() => resolve(table, given), { name: "UsageError", message });
  refused({ optimzer: { lr: 1 } }, 'There is no setting "optimzer"; the nearest one is "optimizer.lr".');
  refused(
    { optimizer: { learning: 1 } },
    'There is no setting "optimizer.learning"; the nearest one is "optimizer.lr".',
  );
  refused({ lr: 1 }, 'There is no setting "lr"; the nearest one is "optimizer.lr".');
  refused({ toString: 1 }, 'There is no setting "toString"; the nearest one is "hidden".');
  refused({ optimizer: 3 }, "optimizer is 3; an object is expected.");
  refused([], "The settings are an empty list; an object is expected.");
  refused({ optimizer: { lr: "0.1" } }, 'optimizer.lr is "0.1"; a number from 0 to 1 is expected.');
  refused({ optimizer: { lr: null } }, "optimizer.lr is null; a number from 0 to 1 is expected.");
  refused({ optimizer: { name: "sdg" } }, 'optimizer.name is "sdg"; adam or sgd is expected (did you mean sgd?).');
  refused({ stage: { swap: { count: 1.5 } } }, "stage.swap.count is 1.5; a whole number from 0 to 9 is expected.");
  refused({ stage: { swap: { on: 1 } } }, "stage.swap.on is 1; true or false is expected.");
  refused({ hidden: [] }, "hidden is []; a list of whole numbers from 1 to 64 is expected.");
  refused({ field: "" }, 'field is ""; a name, or null, is expected.');
  refused({ limit: 2 }, "limit is 2; a number from 0 to 1, or null, is expected.");
});

Deno.test("settings: words of the command line set one value and leave the others", () => {
  const given = { optimizer: { lr: 0.5 } };
  assert.deepEqual(setByPath(table, given, "stage.swap.count", "4"), { ...given, stage: { swap: { count: 4 } } });
  assert.deepEqual(setByPath(table, given, "optimizer.name", "sgd"), { optimizer: { lr: 0.5, name: "sgd" } });
  assert.deepEqual(setByPath(table, given, "hidden", "16, 8"), { ...given, hidden: [16, 8] });
  assert.deepEqual(setByPath(table, given, "limit", "null"), { ...given, limit: null });
  assert.deepEqual(setByPath(table, given, "stage.swap.on", "true"), { ...given, stage: { swap: { on: true } } });
  assert.deepEqual(given, { optimizer: { lr: 0.5 } });
  assert.throws(() => setByPath(table, given, "optimizer.lr", "", "--rate"), {
    message: '--rate is ""; a number from 0 to 1 is expected.',
  });
  assert.throws(() => setByPath(table, given, "optimizer", "1"), /no setting "optimizer"; the nearest one/);
});

Deno.test("settings: other defaults are checked as values are, and what differs from them can be said again", () => {
  const other = withDefaults(table, { optimizer: { lr: 0.25 } });
  assert.equal(resolve(other, {}).optimizer.lr, 0.25);
  assert.equal(resolve(table, {}).optimizer.lr, 0.1);
  assert.throws(() => withDefaults(table, { optimizer: { lr: 2 } }), /is 2; a number from 0 to 1/);
  const values = resolve(other, { hidden: [8], field: "a" });
  const changed = changedSettings(other, values);
  assert.deepEqual(changed, [["hidden", "8"], ["field", "a"]]);
  const again = changed.reduce((given, [path, word]) => setByPath(other, given, path, word), {});
  assert.deepEqual(resolve(other, again), values);
});

Deno.test("recipes: each has its settings, is found by its name, and a wrong name is refused", () => {
  assert.equal(new Set(recipes.map(({ name }) => name)).size, recipes.length);
  for (const recipe of recipes) {
    assert.equal(recipeNamed(recipe.name), recipe);
    assert.deepEqual(resolve(recipe.table, settingsOf(recipe)), settingsOf(recipe), "settings resolve to themselves");
  }
  assert.throws(() => recipeNamed("bilinaer"), /^UsageError: The recipe is "bilinaer"; auto or bilinear.* is expected/);
});

Deno.test("recipes: settings that do not go together are refused", () => {
  const [recipe] = recipes;
  const refused = (given: object, message: RegExp) => assert.throws(() => settingsOf(recipe!, given), { message });
  refused({ data: { folds: 1 } }, /at least 2 folds/);
  refused({ data: { folds: 5, fold: 5 } }, /data\.fold is 5 of data\.folds 5/);
  refused({ augmentation: { metricSwap: { lowest: 5, highest: 2 } } }, /lowest is 5; no more than its highest, 2/);
  const own = recipeTable({ model: {}, loss: {}, defaults: { training: { seed: 7 } } });
  assert.equal(resolve(own, {}).training.seed, 7);
});

Deno.test("settings: fit.name is understood by its old name, in configs and on the command line", () => {
  const recipe = recipeNamed("gaussian-process");
  assert.equal(settingsOf(recipe, { gate: { name: "none" } }).fit.name, "none");
  assert.equal(settingsOf(recipeNamed("bilinear"), { gate: { name: "topics" } }).fit.name, "auto");
  assert.deepEqual(setByPath(recipe.table, {}, "gate.name", "topics"), { fit: { name: "auto" } });
  assert.throws(() => settingsOf(recipe, { gate: { name: "words" } }), { message: /^fit\.name is "words"/ });
});
