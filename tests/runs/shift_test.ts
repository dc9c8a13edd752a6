import assert from "node:assert/strict";
import { join } from "node:path";
import { meanScore } from "../../data/evaluation.ts";
import { readNpyMatrix } from "../../data/files/npy.ts";
import { readRecords } from "../../data/records.ts";
import { expandMembers, parseMember } from "../../runs/ensemble/members.ts";
import { EnsembleScorer } from "../../runs/ensemble/scorer.ts";
import { resumeEnsemble, trainEnsemble } from "../../runs/ensemble/train.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { Scorer } from "../../runs/scorer.ts";
import { readClasses, readShiftFigures } from "../../runs/results/classes_file.ts";
import { shiftFigures } from "../../scoring/shift/measure_shifts.ts";
import { shiftNames } from "../../scoring/shift/names.ts";
import { readShiftedRows, shiftedSets } from "../../scoring/shift/shifted_rows.ts";
import { trainRun } from "../../runs/start_run.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

for (
  const [recipe, head] of [["bilinear", "ordinal"], ["bilinear", "heteroscedastic"], ["residual-mlp", null]] as const
) {
  Deno.test(
    `shift: a run of ${recipe}${
      head ? `, head ${head},` : ""
    } keeps its held-out rows' classes, and scores within 0 and 10 under each shift`,
    withFolder(async (folder) => {
      const files = await writeInputs(folder), out = join(folder, "run");
      const settings = {
        training: { epochs: 1, batchSize: 16 },
        model: head ? { ...small.model, head } : { hidden: [16, 8] },
        features: { texts: "combined" as const },
        augmentation: { metricSwap: { share: 0.2 } },
      };
      const summary = await trainRun({ recipe, files, settings, maxRows: null, out }, { engine, reporter: silent });
      assert.deepEqual(summary.shifts.map(({ shift }) => shift), [...shiftNames]);
      const run = new RunFolder(out);
      assert.deepEqual(await readShiftFigures(run), summary.shifts);
      const shifted = (await readShiftedRows(run.shifted))!;
      shiftFigures(shifted).forEach((figure, i) => {
        for (const set of shiftedSets) assert.ok(Math.abs(figure[set]! - summary.shifts[i]![set]!) < 1e-5, set);
      });
      const rows = (await readValidation(run.validation)).length;
      for (const path of [run.validationClasses, run.mismatchedClasses]) {
        const { data } = await readNpyMatrix(path, { rows, columns: 11 });
        for (let at = 0; at < data.length; at += 11) {
          assert.ok(Math.abs(data.subarray(at, at + 11).reduce((a, b) => a + b) - 1) < 1e-5);
        }
      }
      const { trained, heldOut, calibration } = (await readClasses(run))!;
      assert.ok(
        Math.abs(trained.train.reduce((a, b) => a + b) - 1) < 1e-9 && trained.mismatched > 0.15 &&
          trained.mismatched <= 0.5,
      );
      assert.ok(calibration.temperature > 0);
      // Calibrated, the classes come to the shares of what was trained on.
      const total = heldOut.weight as number[], sum = total.reduce((a, b) => a + b);
      for (let one = 0; one < 11; one++) {
        const mean = total.reduce(
          (mean, weight, row) => mean + weight * heldOut.probabilities[row * 11 + one]! / sum,
          0,
        );
        assert.ok(Math.abs(mean - heldOut.shares[one]!) < 1e-3, `class ${one}: ${mean} and ${heldOut.shares[one]}`);
      }

      const records = await readRecords(files.data, { scores: "ignored" });
      const scorer = await Scorer.load(engine, out);
      const features = await scorer.features(records, { source: "the records", embeddings: files.embeddings });
      for (const name of shiftNames) {
        const { score, unshifted, shift } = await scorer.predict(features, name, name === "mean" ? 4 : null);
        assert.ok(score.every((one) => one >= 0 && one <= 10), name);
        if (name === "none") assert.deepEqual(score, unshifted);
        else if (name !== "auto") assert.equal(shift, name);
        if (name === "mean") assert.ok(Math.abs(meanScore(score) - 4) < 1e-3);
      }
      scorer.dispose();

      await Deno.writeTextFile(run.shift, "{");
      await assert.rejects(Scorer.load(engine, out), /shift\.json is not valid JSON/);
      await Deno.remove(run.shift);
      const older = await Scorer.load(engine, out);
      assert.equal((await older.predict(features)).shift, "none");
      await assert.rejects(older.predict(features, "em"), /keeps no class probabilities of held-out rows/);
      older.dispose();
    }),
  );
}

Deno.test(
  "shift: members of an ensemble allow for it each by its own rows, and mean moves what is combined",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "ensemble");
    const member = "bilinear model.hidden=16,8 training.batchSize=16 training.epochs=1 model.rank=4 training.seed=1|2";
    await trainEnsemble(
      { files, members: expandMembers([parseMember(member)]), settings: {}, maxRows: null, out },
      { engine, reporter: silent },
    );
    const records = await readRecords(files.data, { scores: "ignored" });
    const ensemble = await EnsembleScorer.load(engine, out);
    const options = { source: "the records", embeddings: files.embeddings };
    const none = await ensemble.predict(records, options, "none"), em = await ensemble.predict(records, options, "em");
    assert.deepEqual(em.unshifted, none.score);
    assert.notDeepEqual(em.score, none.score);
    const mean = await ensemble.predict(records, options, "mean"),
      four = await ensemble.predict(records, options, "mean", 4);
    assert.ok(Math.abs(meanScore(mean.score) - meanScore(em.score)) < 1e-3);
    assert.ok(Math.abs(meanScore(four.score) - 4) < 1e-3);
    assert.deepEqual([none.shift, em.shift, mean.shift], ["none", "em", "mean"]);
  }),
);

Deno.test(
  "shift: an ensemble measures each shift on its held-out rows; of one member alone that is the member's own table",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "ensemble");
    const member = (seed: number) =>
      expandMembers([
        parseMember(
          `bilinear model.hidden=16,8 training.batchSize=16 training.epochs=1 model.rank=4 training.seed=${seed}`,
        ),
      ]);
    const one = await trainEnsemble(
      { files, members: member(1), settings: { combine: { name: "mean" } }, maxRows: null, out },
      { engine, reporter: silent },
    );
    const own = await readShiftFigures(new RunFolder(one.members[0]!.folder));
    assert.deepEqual(one.shifts.map(({ shift }) => shift), [...shiftNames]);
    one.shifts.forEach((figure, i) => {
      for (const set of shiftedSets) {
        assert.ok(Math.abs(figure[set]! - own[i]![set]!) < 1e-4, `${figure.shift}, ${set}`);
      }
    });
    assert.deepEqual(await readShiftFigures(new RunFolder(out)), one.shifts);

    const two = await resumeEnsemble(out, { engine, reporter: silent }, member(2));
    const [none] = two.shifts, [plain, mismatched] = two.figures;
    assert.ok(Math.abs(none!.validation - plain!.rmse) < 1e-5 && Math.abs(none!.mismatched! - mismatched!.rmse) < 1e-5);
    assert.notDeepEqual(two.shifts, one.shifts);
    assert.ok(two.shifts.every(({ validation, mixed }) => validation > 0 && mixed! > 0));

    const { shifted } = new RunFolder(two.members[1]!.folder);
    const text = await Deno.readTextFile(shifted);
    await Deno.writeTextFile(shifted, text.replace(/\n[^\n]*\n$/, "\n"));
    await assert.rejects(resumeEnsemble(out, { engine, reporter: silent }), /02-bilinear has other held-out rows/);
    await Deno.writeTextFile(shifted, text.replace(/,[^,]*\n$/, "\n"));
    await assert.rejects(resumeEnsemble(out, { engine, reporter: silent }), /shifted\.csv is damaged/);
    await Deno.remove(shifted);
    assert.deepEqual(
      (await resumeEnsemble(out, { engine, reporter: silent })).shifts,
      [],
      "an older member keeps none",
    );
  }),
);
