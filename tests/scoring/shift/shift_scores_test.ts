import assert from "node:assert/strict";
import { meanScore, rmse } from "../../../data/evaluation.ts";
import { fitClasses } from "../../../scoring/shift/held_out.ts";
import { shiftFigures, shiftHeldOut } from "../../../scoring/shift/measure_shifts.ts";
import { shiftNames } from "../../../scoring/shift/names.ts";
import type { HeldOutRows } from "../../../scoring/shift/rows.ts";
import { shiftedPredictions, type ShiftKnowledge } from "../../../scoring/shift/shift_scores.ts";
import { classHead, plant, shiftedShares, trainedShares } from "./planted.ts";

const asIs = { offset: 0, round: false };
const trained = { train: trainedShares, mismatched: 0 };

/** Rows of a class head that is twice too sure. */
function rowsOf(shares: readonly number[], rows: number, seed: number): HeldOutRows {
  const { truth, probabilities } = plant(shares, rows, seed, 1.5);
  const sure = probabilities.map((one) => one ** 2);
  const head = sure.map((one, at) => one / sure.subarray(at - at % 11, at - at % 11 + 11).reduce((a, b) => a + b));
  return {
    predictions: classHead(head),
    evidence: null,
    score: Float32Array.from(truth),
    text: Uint32Array.from({ length: rows }, (_, i) => i),
  };
}

/** The same where a recipe gives less: mean and standard deviation, or a bare score. */
const forms: readonly (readonly [name: string, of: (rows: HeldOutRows) => HeldOutRows])[] = [
  ["class probabilities", (rows) => rows],
  ["mean and standard deviation", (rows) => ({ ...rows, predictions: { ...rows.predictions, probabilities: null } })],
  [
    "a bare score",
    (rows) => ({ ...rows, predictions: { ...rows.predictions, standardDeviation: null, probabilities: null } }),
  ],
];

const knowledgeOf = (held: HeldOutRows): ShiftKnowledge => ({
  fit: null,
  classes: fitClasses(held, null, trained, null),
  run: "runs/a",
});

for (const [form, of] of forms) {
  Deno.test(`shift: with ${form}, em and bbse bring shifted rows nearer to the truth, and auto leaves all alone`, () => {
    const knowledge = knowledgeOf(of(rowsOf(trainedShares, 1500, 1)));
    const scored = (rows: HeldOutRows, name: typeof shiftNames[number], target: number | null = null) =>
      shiftedPredictions(rows, knowledge, { name, target }, asIs);
    const test = of(rowsOf(shiftedShares, 1500, 2));
    const plain = rmse(scored(test, "none").score, test.score);
    for (const name of ["em", "bbse"] as const) {
      const { score, shift } = scored(test, name);
      assert.equal(shift, name);
      assert.ok(rmse(score, test.score) < plain - 0.02, `${name}: ${rmse(score, test.score)} against ${plain}`);
      assert.ok(Math.abs(meanScore(score) - meanScore(test.score)) < 0.3, name);
    }
    const mean = scored(test, "mean"), em = scored(test, "em");
    assert.ok(Math.abs(meanScore(mean.score) - meanScore(em.score)) < 1e-3);
    assert.ok(Math.abs(meanScore(scored(test, "mean", 4).score) - 4) < 1e-3);
    assert.deepEqual(mean.unshifted, scored(test, "none").score);

    // Without a fit model nothing says that a shift is there.
    assert.deepEqual(scored(test, "auto"), scored(test, "none"));
  });
}

Deno.test("shift: one row, no rows, rows of one class and zeros give scores from 0 to 10", () => {
  const one = rowsOf(trainedShares, 1, 4), none = rowsOf(trainedShares, 0, 5);
  const certain = classHead(Float64Array.from({ length: 55 }, (_, at) => at % 11 === 10 ? 1 : 0));
  const same: HeldOutRows = {
    predictions: certain,
    evidence: null,
    score: new Float32Array(5).fill(10),
    text: Uint32Array.of(0, 1, 2, 3, 4),
  };
  const zeros: HeldOutRows = { ...one, predictions: { ...one.predictions, probabilities: new Float32Array(11) } };
  const many = rowsOf(trainedShares, 300, 6);
  for (const held of [many, one, none, same]) {
    for (const rows of [one, none, same, zeros]) {
      for (const name of shiftNames) {
        for (const prediction of [asIs, { offset: 3, round: true }]) {
          const { score } = shiftedPredictions(rows, knowledgeOf(held), { name, target: null }, prediction);
          assert.equal(score.length, rows.score.length);
          assert.ok(score.every((one) => one >= 0 && one <= 10), `${name}: ${score}`);
        }
      }
    }
  }
});

Deno.test("shift: a run without class probabilities takes none for auto, moves to a target, and says what else lacks", () => {
  const rows = rowsOf(trainedShares, 10, 7), knowledge = { fit: null, classes: null, run: "runs/old" };
  const scored = (name: typeof shiftNames[number], target: number | null) =>
    shiftedPredictions(rows, knowledge, { name, target }, asIs);
  assert.equal(scored("auto", null).shift, "none");
  assert.ok(Math.abs(meanScore(scored("mean", 6.1).score) - 6.1) < 1e-4);
  for (const name of ["em", "bbse", "mean"] as const) {
    assert.throws(() => scored(name, null), { name: "UsageError", message: /^runs\/old keeps no class probabilities/ });
  }
});

Deno.test("shift figures: a half is scored by what the other tells, and the mix is of three rows and two", () => {
  const plain = rowsOf(trainedShares, 400, 8), low = rowsOf([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 400, 9);
  const seen: number[][] = [];
  const knowledge = (half: HeldOutRows, other: HeldOutRows | null) => {
    seen.push([...half.text]);
    return { fit: null, classes: fitClasses(half, other, { ...trained, mismatched: 0.1 }, null), run: "" };
  };
  const shifted = shiftHeldOut(plain, low, knowledge, asIs, (text) => 1000 + text), figures = shiftFigures(shifted);
  assert.deepEqual(shifted.filter(({ set }) => set === "mixed").length, 400);
  assert.ok(shifted.every(({ record, half }) => record >= 1000 && record % 2 === half));
  assert.deepEqual(seen.map((texts) => texts.map((text) => text % 2)), [
    new Array(200).fill(1),
    new Array(200).fill(0),
  ]);
  assert.deepEqual(figures.map(({ shift }) => shift), [...shiftNames]);
  const [none, , em] = figures;
  assert.ok(em!.mixed! < none!.mixed! && em!.mismatched! < none!.mismatched!, JSON.stringify(figures));
  assert.ok(Math.abs(none!.mixed! ** 2 - (0.6 * none!.validation ** 2 + 0.4 * none!.mismatched! ** 2)) < 0.1);
  const alone = shiftFigures(shiftHeldOut(plain, null, (half) => knowledgeOf(half), asIs, (text) => text));
  assert.deepEqual([alone[0]!.mismatched, alone[0]!.mixed], [null, null]);
});
