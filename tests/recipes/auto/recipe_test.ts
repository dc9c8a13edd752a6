import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../../data/files/npy.ts";
import { MetricTable } from "../../../data/metrics/metric_table.ts";
import { readRecords } from "../../../data/records.ts";
import type { Choice } from "../../../recipes/choice.ts";
import { AutoNetwork } from "../../../recipes/auto/network.ts";
import { Scorer } from "../../../runs/scorer.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, widths, writeInputs } from "../../runs/runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const settings = {
  data: { groupBy: "user_prompt" },
  fit: { name: "none" },
  model: { searchRows: 30, components: 4, folds: 3 },
} as const;

Deno.test(
  "auto: metrics of training and others are scored by weights of their own, each candidate as on its own",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 80), out = join(folder, "run");
    const { choice } = await trainRun({ recipe: "auto", settings, files, maxRows: null, out }, {
      engine,
      reporter: silent,
    });
    const kept: Choice = JSON.parse(await Deno.readTextFile(join(out, "choice.json")));
    assert.deepEqual(kept, choice);
    assert.ok(choice!.regimes.seen.rows > 60 && choice!.regimes.unseen.rows > 0);

    const scorer = await Scorer.load(engine, out), network = scorer.model.network as AutoNetwork;
    const records = await readRecords(files.data, { scores: "required" });
    // The same texts under a metric that training lacked.
    const names = join(folder, "new_names.json"), embeddings = join(folder, "new.npy");
    await Deno.writeTextFile(names, JSON.stringify(["new"]));
    await writeNpy(embeddings, Float32Array.from({ length: widths.metric }, (_, i) => 3 - i), [1, widths.metric]);
    const metrics = await MetricTable.read(names, embeddings);
    const score = async (weights: readonly number[], metric?: string) => {
      engine.write(network.weights, Float32Array.from([...weights, ...weights.slice(-3)]));
      const asked = metric ? records.map((record) => ({ ...record, metric })) : records;
      const features = await scorer.features(asked, { source: "records", embeddings: files.embeddings, metrics });
      return (await scorer.predict(features, "none")).score;
    };
    const mean = scorer.inputs.trainMean;
    const constant = await score([0, 0, 0, 0, 0, 1]), onlyNew = await score([0, 0, 0, 0, 0, 1], "new");
    assert.ok(constant.every((one) => Math.abs(one - constant[0]!) < 1e-4), "seen metrics have the constant");
    assert.ok(Math.abs(constant[0]! - mean) < 0.6, "which is the mean score of all rows");
    assert.ok(onlyNew.some((one) => Math.abs(one - constant[0]!) > 0.01), "others have the Gaussian process");
    const [means, newMeans] = [await score([1, 0, 0, 1, 0, 0]), await score([1, 0, 0, 1, 0, 0], "new")];
    for (const metric of new Set(records.map(({ metric }) => metric))) {
      const own = records.filter((record) => record.metric === metric);
      const sum = own.reduce((total, record) => total + record.score! - constant[0]!, 0);
      const got = means[records.findIndex((record) => record.metric === metric)]!;
      assert.ok(Math.abs(got - constant[0]! - sum / (own.length + 1)) < 1e-3, `${metric}: ${got}`);
    }
    assert.ok(newMeans.every((one) => Math.abs(one - constant[0]!) < 1e-4), "an unknown metric has the mean of all");
    const [ridge, process] = [await score([0, 1, 0, 0, 1, 0]), await score([0, 0, 1, 0, 0, 1])];
    const mixed = await score([0.2, 0.3, 0.4, 0, 0, 0]);
    mixed.forEach((one, i) => {
      const at = constant[0]!, from = (part: Float32Array) => part[i]! - at;
      // A candidate alone is clamped to 0..10.
      if ([ridge, process].some((part) => part[i]! <= 0 || part[i]! >= 10)) return;
      const wanted = at + 0.2 * from(means) + 0.3 * from(ridge) + 0.4 * from(process);
      assert.ok(Math.abs(one - wanted) < 2e-3, `${one}, wanted ${wanted}`);
    });
    scorer.dispose();
  }),
);

Deno.test(
  "auto: the same seed writes the same model",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 60);
    const train = async (out: string) => {
      await trainRun({ recipe: "auto", settings, files, maxRows: null, out: join(folder, out) }, {
        engine,
        reporter: silent,
      });
      return await Deno.readFile(join(folder, out, "model.safetensors"));
    };
    assert.deepEqual(await train("a"), await train("b"));
  }),
);

Deno.test(
  "auto: responses in a script that training lacks are scored by weights that held-out scripts called for",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 240), out = join(folder, "run");
    // A third of the conversations each in Latin, Greek and Cyrillic letters.
    const letters = ["", "α", "ж"], given = JSON.parse(await Deno.readTextFile(files.data)) as { response: string }[];
    const written = given.map((record, i) =>
      letters[i % 3] === "" ? record : { ...record, response: record.response.replace(/\p{L}/gu, letters[i % 3]!) }
    );
    await Deno.writeTextFile(files.data, JSON.stringify(written));
    const { choice } = await trainRun({ recipe: "auto", settings, files, maxRows: null, out }, {
      engine,
      reporter: silent,
    });
    const { script } = choice!.regimes;
    assert.ok(script.rows > 50 && script.rmse.every((one) => one! > 0));

    const scorer = await Scorer.load(engine, out), network = scorer.model.network as AutoNetwork;
    engine.write(network.weights, Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1));
    const records = await readRecords(files.data, { scores: "required" });
    const score = async (letter: string) => {
      const asked = records.map((record) => ({ ...record, response: record.response.replace(/\p{L}/gu, letter) }));
      const features = await scorer.features(asked, { source: "records", embeddings: files.embeddings });
      return (await scorer.predict(features, "none")).score;
    };
    const varies = (scores: Float32Array) => scores.some((one) => Math.abs(one - scores[0]!) > 0.01);
    assert.ok(!varies(await score("ж")), "a script of training, and a mark of no script, have the constant");
    assert.ok(!varies(await score("5")));
    assert.ok(varies(await score("あ")), "another has the Gaussian process");
    scorer.dispose();
  }),
);

Deno.test(
  "auto: train rows of one group alone, on which no candidate can be judged, give the constant",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 4), out = join(folder, "run");
    const { choice } = await trainRun({ recipe: "auto", settings, files, maxRows: null, out }, {
      engine,
      reporter: silent,
    });
    for (const { chosen, rows } of Object.values(choice!.regimes)) assert.deepEqual([chosen, rows], ["constant", 0]);
    const scorer = await Scorer.load(engine, out), records = await readRecords(files.data, { scores: "required" });
    const features = await scorer.features(records, { source: files.data, embeddings: files.embeddings });
    const { score } = await scorer.predict(features, "none");
    assert.ok(score.every((one) => one === score[0] && one >= 0 && one <= 10), `${score}`);
    scorer.dispose();
  }),
);
