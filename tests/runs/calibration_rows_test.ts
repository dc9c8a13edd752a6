import assert from "node:assert/strict";
import { calibrationRows, holdsHeldOut, writeEvidence } from "../../runs/calibration_rows.ts";
import { writeClasses } from "../../runs/results/classes_file.ts";
import { heldOutClasses } from "../../scoring/shift/held_out.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { configOf } from "../../runs/configure.ts";
import { writeValidation } from "../../runs/results/validation_file.ts";
import { withFolder } from "../temporary.ts";

const misfits = (share: number) => ({ kind: "misfits", share, shares: [share, 0] }) as const;

const row = (record: number, score: number, predicted: number) => ({
  record,
  score,
  predicted,
  standardDeviation: 0.5,
});

/** A folder with four plain rows and, of two of their records, rows with a metric that does not fit. */
async function finished(path: string): Promise<RunFolder> {
  const folder = new RunFolder(path);
  await folder.writeConfig(configOf({ recipe: "bilinear", settings: {}, files: null, maxRows: null }), null);
  await writeValidation(folder.validation, [row(3, 9, 8), row(5, 8, 8), row(6, 7, 9), row(9, 9, 9)]);
  await writeValidation(folder.mismatched, [row(5, 1.75, 3), row(9, 1.75, 5)]);
  return folder;
}

Deno.test(
  "held-out rows: without a fit model those with a metric that does not fit count for nothing, with one as often as it finds them",
  withFolder(async (path) => {
    assert.equal(await holdsHeldOut(path), false);
    const folder = await finished(path);
    assert.equal(await holdsHeldOut(path), true);
    const plain = await calibrationRows(path, null);
    assert.deepEqual([...plain.predicted], [8, 8, 9, 9, 3, 5]);
    assert.deepEqual([...plain.standardDeviation!], new Array(6).fill(0.5));
    assert.deepEqual(plain.weight.map((one) => one / plain.weight[0]!), Float64Array.of(1, 1, 1, 1, 0, 0));
    assert.deepEqual(plain.part, [0, 1, 2, 3, 1, 3], "a record is in one part, whatever its metric");
    assert.equal(plain.plain, 4);

    // A ratio of 1 leaves the share as it is: half of the recipe's score, half of the misfit's.
    const evidence = { recipe: 9, ratio: 1, regime: 0, misfit: 2 };
    await writeEvidence(folder.evidence, [
      evidence,
      { recipe: 9, ratio: 1e9, regime: 0, misfit: 2 },
      evidence,
      // There is no evidence for metrics that training lacked: its score stays.
      { ...evidence, regime: 1 },
      evidence,
      { recipe: 9, ratio: 1e-12, regime: 0, misfit: 2 },
    ]);
    const half = await calibrationRows(path, misfits(0.5));
    assert.deepEqual([...half.predicted].map((one) => Number(one.toFixed(6))), [5.5, 9, 5.5, 9, 5.5, 2]);
    const share = (rows: typeof half) =>
      rows.weight.subarray(4).reduce((sum, one) => sum + one, 0) / rows.weight.reduce((sum, one) => sum + one, 0);
    assert.ok(Math.abs(share(half) - 0.5) < 1e-12);
    assert.ok(Math.abs(share(await calibrationRows(path, misfits(0.2))) - 0.2) < 1e-12);
  }),
);

Deno.test(
  "held-out rows: the groups that they were held out with are kept, where there are any",
  withFolder(async (path) => {
    const folder = await finished(path);
    assert.equal((await calibrationRows(path, null)).group, null);
    const grouped = (record: number, group: number) => ({ ...row(record, 9, 8), group });
    await writeValidation(folder.validation, [grouped(3, 0), grouped(5, 1), grouped(6, 0), grouped(9, 2)]);
    await writeValidation(folder.mismatched, [grouped(5, 1), grouped(9, 2)]);
    const { group, standardDeviation } = await calibrationRows(path, null);
    assert.deepEqual(group, [0, 1, 0, 2, 1, 2]);
    assert.deepEqual([...standardDeviation!], new Array(6).fill(0.5));
  }),
);

Deno.test(
  "held-out rows: evidence that is not that of the rows is refused",
  withFolder(async (path) => {
    const folder = await finished(path);
    await assert.rejects(calibrationRows(path, misfits(0.5)), /evidence\.csv does not exist/);
    await writeEvidence(folder.evidence, [{ recipe: 9, ratio: 1, regime: 0, misfit: 2 }]);
    await assert.rejects(
      calibrationRows(path, misfits(0.5)),
      /has 1 rows, but validation\.csv and mismatched\.csv have 6/,
    );
    await Deno.writeTextFile(folder.evidence, "recipe,ratio,regime,misfit\n1,x,0,2\n");
    await assert.rejects(calibrationRows(path, misfits(0.5)), /is damaged/);
  }),
);

Deno.test(
  "held-out rows: under other class shares they are scored by them, and count by how much more frequent their class is",
  withFolder(async (path) => {
    const folder = await finished(path), rows = 6;
    const sure = (one: number) => Array.from({ length: 11 }, (_, at) => at === one ? 0.9 : 0.01);
    const probabilities = [9, 8, 7, 9, 2, 2].flatMap(sure);
    const trained = { train: new Array<number>(11).fill(1 / 11), mismatched: 0.25 };
    const heldOut = heldOutClasses(probabilities, [9, 8, 7, 9], [1.75, 1.75], trained);
    const classes = {
      calibration: { temperature: 1, biases: new Array<number>(11).fill(0) },
      trained,
      heldOut,
    };
    await writeClasses(folder, classes, 4, []);
    const ratios = Float64Array.from({ length: 11 }, (_, one) => one < 5 ? 3 : 0.5);
    const { predicted, weight, standardDeviation } = await calibrationRows(path, { kind: "classes", ratios });
    // Class 9: 0.9 and 0.01 of the others, low ones three times, high ones half as often.
    const low = 0.01 * 3, high = 0.01 * 0.5, total = 5 * low + 5 * high + 0.45;
    const expected = (low * 10 + high * (5 + 6 + 7 + 8 + 10) + 0.45 * 9) / total;
    assert.ok(Math.abs(predicted[0]! - expected) < 1e-5, `${predicted[0]} instead of ${expected}`);
    assert.ok(predicted[0]! < 9 && standardDeviation!.length === rows && standardDeviation![0]! > 0);
    assert.deepEqual([...weight], [0.75 / 2, 0.75 / 2, 0.75 / 2, 0.75 / 2, 0.5 * 3, 0.5 * 3]);
  }),
);
