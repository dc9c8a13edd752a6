import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import {
  calledMisfits,
  callForShare,
  estimateMisfitShare,
  fitMisfitScores,
  misfitProbability,
  misfitScore,
} from "../../../scoring/fit/misfits.ts";
import { fitProbabilities } from "../../../scoring/fit/fit_model.ts";
import { prepareFit } from "../../../runs/prepare/prepare_fit.ts";
import { fitOn, plantTexts } from "./planted.ts";

Deno.test("misfit share: the share that was planted is found from density ratios", () => {
  const random = new Philox(2);
  // Two classes told apart by a normal number at -1 and 1, whose ratios are exp(2 x).
  const ratios = Float64Array.from(
    { length: 20_000 },
    () => Math.exp(2 * (random.normal() + (random.uniform() < 0.3 ? -1 : 1))),
  );
  const share = estimateMisfitShare(ratios);
  assert.ok(Math.abs(share - 0.3) < 0.015, `${share}`);
  assert.equal(misfitProbability(1, 0.3), 0.3);
  assert.equal(misfitProbability(1e-12, 0), 0);
});

Deno.test("fit probability: by the share of each row's regime; of rows in a regime that is not judged nothing is known", () => {
  const rows = {
    ratio: Float64Array.of(1, 9, 1e-9, 1),
    regime: Uint8Array.of(0, 0, 0, 1),
    misfitScore: new Float64Array(4),
  };
  const [even, fitting, not, unknown] = fitProbabilities(rows, [0.1, 0]);
  assert.ok(Math.abs(even! - 0.9) < 1e-12 && Math.abs(fitting! - 81 / 82) < 1e-12 && not! < 1e-7);
  assert.ok(Number.isNaN(unknown));
});

Deno.test("misfit share: ratios that are biased for held-out rows as for the target rows call for no other share", () => {
  const biased = Float64Array.from({ length: 500 }, (_, i) => i % 5 === 0 ? 0.01 : 2);
  const fitting = Float64Array.from({ length: 100 }, () => 2);
  assert.ok(callForShare(biased, 1e-6, fitting));
  assert.ok(callForShare(biased, 1e-6, new Float64Array()));
  assert.ok(!callForShare(biased, 1e-6, biased.slice(0, 100)));
  assert.ok(!callForShare(fitting, 1e-6, new Float64Array()));
});

Deno.test("misfit share: as many rows as large data have are compared with held-out rows", () => {
  const many = Float64Array.from({ length: 140_000 }, (_, i) => i % 5 === 0 ? 0.01 : 2);
  assert.ok(!callForShare(many, 1e-6, many.slice(0, 10_000)));
});

Deno.test("misfit scores: general knowledge without rows, the line through many, the mean where nearness is not known", () => {
  assert.equal(misfitScore(fitMisfitScores([], [], []), 0.7), 1.75);
  const near = Float64Array.from({ length: 400 }, (_, i) => i % 2), ones = near.map(() => 1);
  const line = fitMisfitScores(near, near.map((x) => 1 + 2 * x), ones);
  assert.ok(Math.abs(misfitScore(line, 0) - 1) < 0.05 && Math.abs(misfitScore(line, 1) - 3) < 0.05);
  assert.equal(misfitScore(line, NaN), line.mean);
});

/** Scores of train rows: `swapped` misfits, whose metric is changed, and forty rows that fit, with low scores both; else 9. */
function withLowScores(set: ReturnType<typeof plantTexts>, swapped: number): Float32Array<ArrayBuffer> {
  const score = new Float32Array(set.train.text.length).fill(9);
  for (let row = 0; row < swapped; row++) {
    set.train.metric[row] = (set.train.metric[row]! + 11) % 30;
    score[row] = 1;
  }
  return score.fill(3, swapped, swapped + 40);
}

Deno.test("train misfits: rows with low scores whose metric does not fit are found, with their share and their score", async () => {
  const set = plantTexts(),
    { model, misfit } = await fitOn(set, withLowScores(set, 30)),
    called = calledMisfits(misfit);
  const count = (from: number, to: number) => called.slice(from, to).filter((one) => one).length;
  assert.ok(count(0, 30) > 22 && count(30, 70) < 5 && count(70, 900) === 0, `${count(0, 30)}, ${count(30, 70)}`);
  assert.ok(Math.abs(model.state.trainShare - 30 / 900) < 0.012, `${model.state.trainShare}`);
  assert.ok(Math.abs(model.state.scores.mean - 1.2) < 0.5, `${model.state.scores.mean}`);
});

Deno.test("train misfits: none where rows with low scores fit as well as others", async () => {
  const set = plantTexts(), { model, misfit } = await fitOn(set, withLowScores(set, 0));
  assert.ok(model.state.regimes.seen.informative);
  assert.ok(!calledMisfits(misfit).includes(true));
});

Deno.test("train misfits: no more are called than their probabilities add up to, the likeliest ones", () => {
  assert.deepEqual(calledMisfits(Float64Array.of(0.9, 0.6, 0.55, 0, 0.2)), [true, true, false, false, false]);
  assert.deepEqual(calledMisfits(Float64Array.of(0.51, 0, 0.3)), [true, false, false]);
});

/** What `prepareFit` makes of sixty texts under five metrics each; a third of the scores are low. */
async function prepared(heldOutMetrics: readonly number[] | null) {
  const { records, texts, table } = plantTexts({ metrics: 6, sizes: [60, 0, 0] });
  const pairs = Array.from(
    { length: 300 },
    (_, i) => ({ text: Math.floor(i / 5), metric: i % 5, score: i % 3 === 0 ? 2 : 9 }),
  );
  const isHeldOut = ({ text, metric }: (typeof pairs)[number]) => heldOutMetrics?.includes(metric) ?? text >= 48;
  const rowsOf = (some: typeof pairs) => ({
    text: Uint32Array.from(some, ({ text }) => text),
    metric: Uint32Array.from(some, ({ metric }) => metric),
    score: Float32Array.from(some, ({ score }) => score),
  });
  const notes: string[] = [];
  const fit = await prepareFit({
    records,
    texts,
    train: rowsOf(pairs.filter((pair) => !isHeldOut(pair))),
    validation: rowsOf(pairs.filter(isHeldOut)),
    metrics: table,
    groupBy: null,
    pairs: { sameText: Uint32Array.from({ length: 60 }, (_, i) => i), known: rowsOf(pairs) },
  }, { onNote: (note) => void notes.push(note) });
  return { ...fit, notes };
}

Deno.test("prepare: where every text has every metric no train row is dropped, with one more metric that no row has", async () => {
  const { model, misfits, validationMisfits, notes } = await prepared(null);
  assert.ok(!model.informative);
  assert.ok(!misfits.includes(true) && !validationMisfits.includes(true));
  assert.match(notes.join(), /cannot be told here/);
});

Deno.test("prepare: where whole metrics are held out no train row is dropped", async () => {
  const { model, misfits, validationMisfits } = await prepared([3, 4]);
  assert.ok(!model.state.regimes.seen.informative);
  assert.ok(!misfits.includes(true) && !validationMisfits.includes(true));
});
