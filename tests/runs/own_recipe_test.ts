import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import { product } from "../../examples/own_recipe.ts";
import { UsageError } from "../../kernels/errors.ts";
import { recipeNamed, recipes, registerRecipe } from "../../recipes/registry.ts";
import { resumeRun } from "../../runs/resume_run.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { withFolder } from "../temporary.ts";
import { silent, writeInputs } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

Deno.test(
  "own recipe: it is trained by itself, resumes to the same bits and scores, all on the caller's engine",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
    const request = { recipe: product, settings: { training: { epochs: 2, batchSize: 16 } }, files, maxRows: null };
    const { config, figures } = await trainRun({ ...request, out: whole }, { engine, reporter: silent });
    assert.equal(config.recipe, "product");
    assert.ok(figures[0]!.rmse < 6, `RMSE ${figures[0]!.rmse}`);

    const stop = new AbortController(), reporter = { ...silent, epoch: () => stop.abort() };
    const first = await trainRun({ ...request, out: broken }, { engine, reporter, signal: stop.signal });
    assert.deepEqual([first.finished, first.epochs], [false, 1]);
    assert.ok((await resumeRun(broken, { engine, reporter: silent })).finished);
    const weights = (path: string) => Deno.readFile(join(path, "model.safetensors"));
    assert.deepEqual(await weights(broken), await weights(whole));

    const scorer = await Scorer.load(engine, whole), records = await readRecords(files.data, { scores: "ignored" });
    const features = await scorer.features(records, { source: files.data, embeddings: files.embeddings });
    const { score } = await scorer.predict(features);
    assert.equal(score.length, records.length);
    assert.ok(score.every((one) => one >= 0 && one <= 10) && new Set(score).size > 1);
    scorer.dispose();
    // None of them has closed it.
    const tensor = engine.tensor([1], [2]);
    assert.equal(await tensor.item(), 2);
    tensor.dispose();
  }),
);

Deno.test("own recipe: a registered one is found by its name, and none may take the name of the project's own", () => {
  registerRecipe({ ...product, name: "mine" });
  assert.equal(recipeNamed("mine").summary, product.summary);
  assert.throws(() => recipeNamed("min"), /did you mean "?mine/);
  assert.throws(() => registerRecipe({ ...product, name: recipes[0]!.name }), UsageError);
});
