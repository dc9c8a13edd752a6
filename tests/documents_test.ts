import assert from "node:assert/strict";
import { documentedEnsemble, ensembleConfigOf, ensembleTable } from "../runs/ensemble/config.ts";
import { documentedMembers, expandMembers } from "../runs/ensemble/members.ts";
import { recipes, settingsOf } from "../recipes/registry.ts";
import { changedSettings, fieldsOf, leaves } from "../recipes/settings/table.ts";
import { run } from "./cli/harness.ts";

/** A setting that `--as-documented` changes: recipe, path, value, default. */
type Change = readonly [recipe: string, path: string, value: string, initial: string];

/** What `--as-documented` makes of each recipe; the same number may be written in several ways. */
function changes(): Change[] {
  return recipes.flatMap((recipe) => {
    if (!recipe.documented) return [];
    const fields = fieldsOf(recipe.table);
    const changed = changedSettings(recipe.table, settingsOf(recipe, recipe.documented.settings));
    assert.equal(changed.length, leaves(recipe.documented.settings).length, `${recipe.name} names a default`);
    return changed.map(([path, word]): Change => [recipe.name, path, word, String(fields.get(path)!.default)]);
  });
}

Deno.test("documents: the page has the settings of --as-documented", async () => {
  const page = await Deno.readTextFile(new URL("../docs/documents.md", import.meta.url));
  const rows = [...page.matchAll(/^\| `([\w-]+)` +\| `(\w+\.[\w.]+)` +\| (\S+) +\| (\S+) +\|$/gm)];
  assert.deepEqual(
    rows.map(([, ...cells]) => cells),
    changes().map((one) => [...one]),
  );
});

Deno.test("documents: what is given goes over --as-documented, and no document describes other recipes", async () => {
  const settings = async (line: string) =>
    ((await run(line)).calls[0]!.call as { request: { settings: object } }).request.settings;
  assert.deepEqual(await settings("train --recipe scml --as-documented --set model.basis=lda --epochs 3"), {
    data: { offGrid: "drop", nonText: "drop", dropStopWords: true },
    augmentation: { metricSwap: { share: 0 } },
    model: { basis: "lda" },
    prediction: { round: true },
    training: { epochs: 3 },
  });
  for (const line of ["train --as-documented", "augment --recipe gaussian-process --as-documented"]) {
    const { code, err } = await run(line);
    assert.equal(code, 2);
    assert.match(err, /no document describes the recipe (auto|gaussian-process); bilinear, .* or ensemble is expected/);
  }
});

Deno.test("documents: the ensemble of document 001 has members of both approaches, and none can be given beside it", async () => {
  const { calls } = await run("train --recipe ensemble --as-documented");
  const { request } = calls[0]!.call as { request: { members: readonly object[]; settings: object } };
  assert.deepEqual(request.settings, documentedEnsemble);
  assert.deepEqual(request.members, expandMembers(documentedMembers));
  const config = ensembleConfigOf({ files: null, maxRows: null, ...request } as Parameters<typeof ensembleConfigOf>[0]);
  assert.equal(new Set(config.members.map(({ settings }) => JSON.stringify(settings.model))).size, 6);
  assert.ok(fieldsOf(ensembleTable).has("combine.name"));
  const { code, err } = await run("train --recipe ensemble --as-documented --member bilinear");
  assert.equal(code, 2);
  assert.match(err, /--as-documented of an ensemble is its members too; none are expected beside it/);
});
