import assert from "node:assert/strict";
import { readEnsemble } from "../../cli/options/ensemble_options.ts";
import { readConfigFile, readSettings, type SettingWords } from "../../cli/options/train_options.ts";
import { put, withFolder } from "../temporary.ts";

const words: SettingWords = { config: "c.json", shorthands: {} };

/** Reads the text as the file of settings of a run or of an ensemble. */
async function read(text: string, ensemble = false) {
  let result: unknown;
  await withFolder(async (folder) => {
    const path = await put(folder, "c.json", text);
    const file = await readConfigFile(path).catch((error) => {
      throw Object.assign(error, { message: error.message.replace(`${folder}/`, "") });
    });
    result = ensemble ? readEnsemble(words, file, []) : readSettings(words, file);
  })();
  return result;
}

const refused: [what: string, text: string, message: string][] = [
  ["a setting twice", '{"optimizer": {"lr": 1, "lr": 2}}', 'c.json gives "optimizer.lr" twice; once is expected.'],
  ["a section twice", '{"model": {}, "model": {}}', 'c.json gives "model" twice; once is expected.'],
  [
    "a number out of range",
    '{"recipe": "bilinear", "optimizer": {"lr": 1e400}}',
    "c.json: optimizer.lr is Infinity (beyond",
  ],
  [
    "an inherited name",
    '{"recipe": "bilinear", "constructor": {}}',
    'c.json: There is no setting "constructor"; the nearest',
  ],
  [
    "the prototype",
    '{"recipe": "bilinear", "__proto__": {"lr": 1}}',
    'c.json: There is no setting "__proto__"; the nearest',
  ],
  [
    "a look-alike",
    '{"recipe": "bilinear", "optimizer": {"l\\u200br": 1}}',
    'c.json: There is no setting "optimizer.l\u200br"; the nearest one is "optimizer.lr", which looks the same but has ' +
    "nothing instead of U+200B (invisible characters).",
  ],
  ["a config of a run without settings", '{"format": "metrograd run 2"}', "c.json: settings is missing; an object"],
];
for (const [what, text, message] of refused) {
  Deno.test(`settings file: ${what} is refused`, async () => {
    await assert.rejects(read(text), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.equal(error.message.slice(0, message.length), message);
      return true;
    });
  });
}

const members: [text: string, message: string][] = [
  ['[{"recipe": 5}]', "c.json: members, entry 1: recipe is 5; the name of a recipe is expected."],
  [
    '[{"recipe": "bilinear", "settings": "x"}]',
    'c.json: members, entry 1: settings is "x"; an object of settings is expected.',
  ],
  [
    '[{"recipe": "bilinear", "grid": [1]}]',
    "c.json: members, entry 1: grid is a list; an object of lists of values is expected.",
  ],
];
for (const [text, message] of members) {
  Deno.test(`settings file: members ${text} are refused`, async () => {
    await assert.rejects(read(`{"members": ${text}}`, true), { name: "UsageError", message });
  });
}

for (const word of ["0x10", "1_0", "Infinity", "NaN", "1e400", ""]) {
  Deno.test(`--set optimizer.lr=${word} is refused with the word that was typed`, () => {
    assert.throws(() => readSettings({ recipe: "bilinear", set: [`optimizer.lr=${word}`], shorthands: {} }, null), {
      name: "UsageError",
      message: new RegExp(`^optimizer\\.lr is ${JSON.stringify(word)}; a number from `),
    });
  });
}

Deno.test("--member that gives a setting twice is refused", () => {
  assert.throws(() => readEnsemble(words, null, ["bilinear training.seed=1 training.seed=2"]), {
    message:
      '--member is "bilinear training.seed=1 training.seed=2", which gives training.seed twice; once is expected.',
  });
});
