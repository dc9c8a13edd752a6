import assert from "node:assert/strict";
import { join } from "node:path";
import { rmse } from "../../../data/evaluation.ts";
import { resumeFolds, trainFolds } from "../../../runs/folds/train_folds.ts";
import { readValidation } from "../../../runs/results/validation_file.ts";
import { withFolder } from "../../temporary.ts";
import { readEvents } from "../tensorboard/read_events.ts";
import { silent, small, writeInputs } from "../runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const request = async (folder: string) => ({
  recipe: "bilinear",
  files: await writeInputs(folder),
  settings: small,
  maxRows: null,
  folds: 3,
});
const bytes = (folder: string, name: string) => Deno.readFile(join(folder, name));

Deno.test(
  "folds: each record is predicted once, by a run that did not train on it, and the figures are over all of them",
  withFolder(async (folder) => {
    const out = join(folder, "folds");
    const { finished, folds, pooled } = await trainFolds({ ...await request(folder), out }, {
      engine,
      reporter: silent,
    });
    assert.equal(finished, true);
    const rows = await readValidation(join(out, "out-of-fold.csv"));
    assert.deepEqual(rows.map(({ record }) => record), Array.from({ length: 90 }, (_, i) => i));
    const truth = JSON.parse(await Deno.readTextFile(join(folder, "train.json"))) as { score: string }[];
    assert.deepEqual(rows.map(({ score }) => score), truth.map(({ score }) => Number(score)));
    const own = await Promise.all([0, 1, 2].map((fold) => readValidation(join(out, `fold-${fold}/validation.csv`))));
    assert.deepEqual(folds.map(({ rows }) => rows), own.map(({ length }) => length));
    assert.equal(new Set(own.flat().map(({ record }) => record)).size, 90);
    assert.equal(pooled!.rmse, rmse(rows.map(({ predicted }) => predicted), rows.map(({ score }) => score)));
    const [low, high] = pooled!.rmseInterval!;
    assert.ok(low < pooled!.rmse && pooled!.rmse < high);
    const point = readEvents(out).at(-1)!;
    assert.deepEqual([point.step, point.scalars["validation/rmse"]], [3, Math.fround(pooled!.rmse)]);
    assert.ok(point.scalars["validation/mismatched_rmse"]! > 0);
    const squares = folds.reduce((sum, { rows, ridge }) => sum + rows * ridge! ** 2, 0);
    assert.ok(
      Math.abs(pooled!.ridge! - Math.sqrt(squares / 90)) < 1e-12,
      "ridge regression stands beside, pooled as well",
    );
  }),
);

Deno.test(
  "folds: stopped within one and resumed, they end in the bits of unbroken ones, and what is done is left alone",
  withFolder(async (folder) => {
    const whole = join(folder, "whole"), broken = join(folder, "broken");
    const asked = await request(folder);
    await trainFolds({ ...asked, out: whole }, { engine, reporter: silent });
    const stop = new AbortController();
    let started = 0;
    const reporter = {
      ...silent,
      start: () => void started++,
      epoch: () => started === 2 && stop.abort(),
    };
    const first = await trainFolds({ ...asked, out: broken }, { reporter, signal: stop.signal });
    assert.deepEqual([first.finished, first.done, first.pooled], [false, 1, null]);
    const timings = await bytes(broken, "fold-0/timings.jsonl");
    const second = await resumeFolds(broken, { engine, reporter: silent });
    assert.equal(second.finished, true);
    assert.deepEqual(await bytes(broken, "fold-0/timings.jsonl"), timings, "a finished fold is not trained again");
    for (const name of ["out-of-fold.csv", ...[0, 1, 2].map((fold) => `fold-${fold}/model.safetensors`)]) {
      assert.deepEqual(await bytes(broken, name), await bytes(whole, name), name);
    }
  }),
);

Deno.test(
  "folds: a folder that holds something is refused, replaced by force only when it holds folds",
  withFolder(async (folder) => {
    const asked = { ...await request(folder), out: join(folder, "embeddings") };
    const refused = (force: boolean, message: RegExp) =>
      assert.rejects(trainFolds(asked, { engine, reporter: silent, force }), { name: "UsageError", message });
    await refused(false, /embeddings exists already; .* --force/);
    await refused(true, /embeddings holds something else than folds; it is not replaced\.$/);
    await assert.rejects(resumeFolds(folder, { engine, reporter: silent }), /folds\.json does not exist/);
  }),
);
