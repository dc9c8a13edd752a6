import assert from "node:assert/strict";
import { recipeNamed, settingsOf } from "../../../recipes/registry.ts";
import { leaves } from "../../../recipes/settings/table.ts";
import { keptSettings } from "../../../runs/training/resume_changes.ts";

Deno.test("kept settings: those that came later tell nothing of a run that does not use them", () => {
  const paths = (given: object) => leaves(keptSettings(settingsOf(recipeNamed("scml"), given))).map(([path]) => path);
  const later = [
    "data.validationCount",
    "data.nonText",
    "augmentation.opposite.count",
    "data.folding",
    "augmentation.rows",
  ];
  const kept = keptSettings(settingsOf(recipeNamed("scml"), {})) as { augmentation: object };
  assert.ok(!("smoothing" in kept.augmentation), "nor does a section that came later");
  const plain = paths({});
  assert.ok(plain.includes("data.offGrid") && plain.includes("augmentation.opposite.share"));
  assert.deepEqual(later.filter((path) => plain.includes(path)), []);
  const data = { validationCount: 3, nonText: "fix", folding: "scikit-learn" };
  const used = paths({ data, augmentation: { opposite: { count: 0 }, smoothing: { share: 0.5 } } });
  assert.deepEqual(later.filter((path) => used.includes(path)), later.slice(0, 4));
  assert.ok(used.includes("augmentation.smoothing.share"));
});
