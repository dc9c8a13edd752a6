import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../../data/records.ts";
import { rmse } from "../../../data/evaluation.ts";
import { combineNames } from "../../../runs/ensemble/combine.ts";
import { expandMembers, parseMember } from "../../../runs/ensemble/members.ts";
import { EnsembleScorer } from "../../../runs/ensemble/scorer.ts";
import { resumeEnsemble, trainEnsemble } from "../../../runs/ensemble/train.ts";
import { Scorer } from "../../../runs/scorer.ts";
import { resumeFolds, trainEnsembleFolds } from "../../../runs/folds/train_folds.ts";
import { readValidation } from "../../../runs/results/validation_file.ts";
import { withFolder } from "../../temporary.ts";
import { readEvents } from "../tensorboard/read_events.ts";
import { silent, writeInputs } from "../runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const tiny = "model.hidden=16,8 training.batchSize=16 optimizer.lr=0.01 training.epochs=2";
const members = (...words: string[]) => expandMembers(words.map(parseMember));
const request = async (folder: string) => ({
  files: await writeInputs(folder),
  members: members(`bilinear ${tiny} model.rank=4 training.seed=1|2`, "gaussian-process features.texts=combined"),
  settings: { data: { validationShare: 0.3 } },
  maxRows: null,
});
const times = (folder: string, ...names: string[]) =>
  Promise.all(names.map(async (name) => (await Deno.stat(join(folder, "members", name, "model.safetensors"))).mtime));
const bytes = (folder: string, name: string) => Deno.readFile(join(folder, name));
const names = ["01-bilinear", "02-bilinear", "03-gaussian-process"];

Deno.test(
  "ensemble: stopped and resumed, in threads or not, it ends in the bits of an unbroken one, and scores as its members weigh",
  withFolder(async (folder) => {
    const asked = await request(folder), whole = join(folder, "whole"), broken = join(folder, "broken");
    const summary = await trainEnsemble({ ...asked, out: whole }, { engine, reporter: silent });
    assert.equal(summary.finished, true);
    assert.deepEqual(summary.members.map(({ member }) => member.split(" ")[0]), [
      "bilinear",
      "bilinear",
      "gaussian-process",
    ]);

    // What each way comes to stands beside what was asked for, on the same rows.
    assert.deepEqual(summary.ways.map(({ combine }) => combine), [...combineNames]);
    const own = summary.ways.find(({ combine }) => combine === "weighted")!;
    assert.deepEqual([own.validation, own.mismatched], summary.figures.map(({ rmse }) => rmse));
    const heldOut = await Promise.all(
      names.map((name) => readValidation(join(whole, "members", name, "validation.csv"))),
    );
    const averaged = heldOut[0]!.map((_, row) => heldOut.reduce((sum, rows) => sum + rows[row]!.predicted / 3, 0));
    const ofMean = rmse(averaged, heldOut[0]!.map(({ score }) => score));
    assert.ok(Math.abs(summary.ways.find(({ combine }) => combine === "mean")!.validation - ofMean) < 1e-6);

    const stop = new AbortController();
    let begun = 0;
    const reporter = { ...silent, start: () => void begun++, epoch: () => begun === 2 && stop.abort() };
    const first = await trainEnsemble({ ...asked, out: broken }, {
      engine,
      reporter,
      signal: stop.signal,
      histograms: true,
    });
    assert.deepEqual([first.finished, first.done], [false, 1]);
    await assert.rejects(EnsembleScorer.load(engine, broken), /not trained yet; go on with train --resume/);
    const [before] = await times(broken, names[0]!);
    const second = await resumeEnsemble(broken, { reporter: silent, jobs: 2 });
    assert.equal(second.finished, true);
    assert.deepEqual(await times(broken, names[0]!), [before], "a finished member is not trained again");
    for (const name of names) {
      const model = `members/${name}/model.safetensors`;
      assert.deepEqual(await bytes(broken, model), await bytes(whole, model), name);
    }
    assert.deepEqual(await bytes(broken, "validation.csv"), await bytes(whole, "validation.csv"));
    assert.deepEqual(second.figures, summary.figures);
    for (const name of names.slice(0, 2)) {
      const tags = readEvents(join(broken, "members", name)).flatMap(({ tags }) => tags);
      assert.ok(tags.some((tag) => tag.startsWith("weights/")), `${name} has histograms, as the ensemble was begun`);
    }
    const [, settings, point, ...others] = readEvents(whole);
    assert.deepEqual([settings!.tags, others], [["settings/text_summary"], []]);
    assert.deepEqual([point!.step, point!.scalars], [2, {
      "validation/rmse": Math.fround(summary.figures[0]!.rmse),
      "validation/mismatched_rmse": Math.fround(summary.figures[1]!.rmse),
    }]);

    const records = await readRecords(asked.files.data, { scores: "required" });
    const options = { source: "the records", embeddings: asked.files.embeddings };
    const ensemble = await EnsembleScorer.load(engine, whole), combined = await ensemble.predict(records, options);
    await ensemble.keepMembers();
    assert.deepEqual((await ensemble.predict(records, options)).score, combined.score);
    ensemble.dispose();
    const each: Float32Array[] = [];
    for (const name of names) {
      const scorer = await Scorer.load(engine, join(whole, "members", name));
      each.push((await scorer.predict(await scorer.features(records, options))).score);
      scorer.dispose();
    }
    combined.score.forEach((score, row) => {
      const expected = each.reduce((sum, own, i) => sum + summary.members[i]!.weight * own[row]!, 0);
      assert.ok(Math.abs(score - expected) < 1e-4, `row ${row}: ${score} against ${expected}`);
      assert.ok(combined.standardDeviation![row]! > 0);
    });
  }),
);

Deno.test(
  "ensemble: a member that is added is the only one that is trained",
  withFolder(async (folder) => {
    const asked = await request(folder), out = join(folder, "ensemble");
    await trainEnsemble({ ...asked, members: asked.members.slice(0, 1), out }, { engine, reporter: silent });
    const before = await times(out, names[0]!);
    const begun: string[] = [];
    const reporter = { ...silent, note: (sentence: string) => void (/^Member/.test(sentence) && begun.push(sentence)) };
    const { members: all } = await resumeEnsemble(out, { reporter }, asked.members.slice(1, 2));
    assert.equal(all.length, 2);
    const points = readEvents(out).filter(({ scalars }) => "validation/rmse" in scalars);
    assert.deepEqual(points.map(({ step }) => step), [2], "a point of the ensemble as it is now");
    assert.equal(begun.length, 1, begun.join());
    assert.deepEqual(await times(out, names[0]!), before);
    await assert.rejects(resumeEnsemble(out, { reporter }, asked.members.slice(0, 1)), /is there twice/);
  }),
);

Deno.test(
  "ensemble: folds pool the scores of records that neither members nor weights have seen",
  withFolder(async (folder) => {
    const asked = await request(folder), out = join(folder, "folds");
    const { pooled, finished, beside } = await trainEnsembleFolds(
      { ...asked, members: asked.members.slice(0, 2), settings: { combine: { name: "mean" } }, folds: 2, out },
      { engine, reporter: silent },
    );
    assert.equal(finished, true);
    const rows = await readValidation(join(out, "out-of-fold.csv"));
    assert.deepEqual(rows.map(({ record }) => record), Array.from({ length: 90 }, (_, i) => i));
    // The file has six digits.
    const written = rmse(rows.map(({ predicted }) => predicted), rows.map(({ score }) => score));
    assert.ok(Math.abs(pooled!.rmse - written) < 1e-5);

    assert.equal(beside.length, 2 + combineNames.length, "members and ways stand beside");
    const { rmse: own, rmseInterval } = beside.find(({ name }) => name === "mean")!;
    assert.deepEqual([own, rmseInterval], [pooled!.rmse, pooled!.rmseInterval]);
    const alone = (await Promise.all([0, 1].map((fold) =>
      readValidation(join(out, `fold-${fold}/members`, names[1]!, "validation.csv"))
    ))).flat();
    const ofMember = rmse(
      alone.map(({ predicted }) =>
        predicted
      ),
      alone.map(({ score }) => score),
    );
    const [, member] = beside;
    assert.match(member!.name, /^bilinear .*training\.seed=2/);
    assert.ok(Math.abs(member!.rmse - ofMember) < 1e-12);
    const [low, high] = member!.rmseInterval!;
    assert.ok(low < member!.rmse && member!.rmse < high);
    const before = await times(join(out, "fold-1"), names[0]!);
    const again = await resumeFolds(out, { engine, reporter: silent }, asked.members.slice(2));
    assert.deepEqual(await times(join(out, "fold-1"), names[0]!), before);
    assert.notEqual(again.pooled!.rmse, pooled!.rmse);
  }),
);
