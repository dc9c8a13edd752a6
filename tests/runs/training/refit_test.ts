import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../../data/records.ts";
import { rmse } from "../../../data/evaluation.ts";
import { SafetensorsReader } from "../../../engine/files/safetensors_reader.ts";
import { Scorer } from "../../../runs/scorer.ts";
import { trainFolds } from "../../../runs/folds/train_folds.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { readValidation } from "../../../runs/results/validation_file.ts";
import { withFolder } from "../../temporary.ts";
import { silent, writeInputs } from "../runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const recipes = {
  "gaussian-process": {
    features: { texts: "combined" },
    fit: { name: "none" },
    model: { searchRows: 40 },
  },
  "attention-refiner": {
    features: { texts: "combined" },
    model: { width: 8, heads: 2, layers: 1, feedForward: 0, dropout: 0, ridge: { alphas: [1, 10] } },
    training: { epochs: 2, batchSize: 64 },
  },
  "scml": { model: { head: "knn", pca: 4, bases: 6, triplets: 60, neighbors: 1 } },
} as const;

const files = ["model.safetensors", "validation.csv", "mismatched.csv", "metrics.jsonl"];
const contents = (run: string) => Promise.all(files.map((name) => Deno.readFile(join(run, name))));

for (const [recipe, own] of Object.entries(recipes)) {
  const settings = (refit: "all" | "none") => ({
    ...own,
    training: { ..."training" in own ? own.training : {}, refit },
  });

  Deno.test(
    `refit, ${recipe}: what is kept has learnt from the held-out rows, what is said of them has not, and resuming repeats both`,
    withFolder(async (folder) => {
      const inputs = await writeInputs(folder), run = (name: string) => join(folder, name);
      const request = { recipe, files: inputs, maxRows: null };
      for (const refit of ["all", "none"] as const) {
        await trainRun({ ...request, settings: settings(refit), out: run(refit) }, { engine, reporter: silent });
      }
      const [refitted, plain] = [await contents(run("all")), await contents(run("none"))];
      assert.notDeepEqual(refitted[0], plain[0], "another model");
      assert.deepEqual(refitted.slice(1), plain.slice(1), "the same predictions of held-out rows, and figures");
      assert.match(
        await Deno.readTextFile(join(run("all"), "README.md")),
        /to train and validation rows together/,
      );
      assert.doesNotMatch(
        await Deno.readTextFile(join(run("none"), "README.md")),
        /train and validation rows together/,
      );

      const records = await readRecords(inputs.data, { scores: "required" });
      const heldOut = await readValidation(join(run("all"), "validation.csv"));
      const truth = heldOut.map(({ score }) => score);
      const errors: number[] = [];
      for (const refit of ["all", "none"]) {
        const scorer = await Scorer.load(engine, run(refit));
        const features = await scorer.features(records, { source: "", embeddings: inputs.embeddings });
        const { score } = await scorer.predict(features);
        errors.push(rmse(heldOut.map(({ record }) => score[record]!), truth));
        scorer.dispose();
      }
      const said = rmse(heldOut.map(({ predicted }) => predicted), truth);
      assert.ok(Math.abs(errors[1]! - said) < 1e-3, "a run without a refit scores as it says");
      assert.ok(errors[0]! < said - 0.01, `the refit knows the rows: ${errors[0]} to ${said}`);

      // As if it had been killed after the model was written, before the run was done.
      await Deno.remove(join(run("all"), "validation.csv"));
      await resumeRun(run("all"), { engine, reporter: silent });
      assert.deepEqual(await contents(run("all")), refitted, "killed in the end");
      await resumeRun(run("all"), { engine, reporter: silent });
      assert.deepEqual(await contents(run("all")), refitted, "done already");
    }),
  );
}

Deno.test(
  "refit: the run of a fold never learns from the fold",
  withFolder(async (folder) => {
    const inputs = await writeInputs(folder, 60), out = join(folder, "folds"), recipe = "gaussian-process";
    const request = { recipe, settings: recipes[recipe], files: inputs, maxRows: null, folds: 2, out };
    await trainFolds(request, { engine, reporter: silent });
    for (const fold of [0, 1]) {
      using model = await SafetensorsReader.open(join(out, `fold-${fold}`, "model.safetensors"));
      assert.ok(model.tensors.get("alpha")!.shape[0]! < 40);
      assert.equal(model.metadata.rows, undefined);
    }
  }),
);
