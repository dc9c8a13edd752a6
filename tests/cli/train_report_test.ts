import assert from "node:assert/strict";
import { baselineAdvice, tradesOf } from "../../cli/output/baseline_advice.ts";
import { describeSets, reportFolds, reportRun } from "../../cli/output/train_report.ts";
import { configOf } from "../../runs/configure.ts";
import type { FoldsSummary } from "../../runs/folds/train_folds.ts";
import type { SetFigure } from "../../scoring/set_figure.ts";
import type { TrainSummary } from "../../runs/train_summary.ts";
import { recordingTerminal } from "./harness.ts";

const plain = { weights: false, negatives: false }, both = { weights: true, negatives: true };

Deno.test("baseline advice: what a run trades is told by its settings, an ensemble's by those of its members", () => {
  const of = (recipe: string) => configOf({ recipe, settings: {}, files: null, maxRows: null }).settings;
  assert.deepEqual(tradesOf([of("gaussian-process")]), plain);
  assert.deepEqual(tradesOf([of("gaussian-process"), of("bilinear")]), both);
});

Deno.test("baseline advice: it turns off what is on, and nothing else", () => {
  const behind = { rmse: 2, constant: 1.5, ridge: 3 };
  assert.match(baselineAdvice(behind, both)!, /--weights none --negatives 0 turns both off/);
  assert.match(baselineAdvice(behind, { ...both, weights: false })!, /;\s--negatives 0 turns them off/);
  assert.match(baselineAdvice(behind, { ...both, negatives: false })!, /; --weights none turns them/);
  assert.doesNotMatch(baselineAdvice(behind, plain)!, /--weights|--negatives/);
});

Deno.test("baseline advice: ridge alone is enough, and a model that is ahead of both gets none", () => {
  assert.match(
    baselineAdvice({ rmse: 2, constant: 3, ridge: 1.9 }, plain)!,
    /^On held-out rows ridge regression \(1\.900\) does as well as this model \(RMSE 2\.000\) or better\./,
  );
  assert.match(baselineAdvice({ rmse: 2, constant: 1, ridge: 1 }, plain)!, /the constant .* and ridge .* do as well/);
  assert.equal(baselineAdvice({ rmse: 2, constant: 3, ridge: 2.1 }, both), null);
  assert.equal(baselineAdvice({ rmse: 2, constant: 3, ridge: null }, both), null);
});

const figure = (set: string): SetFigure => ({
  set,
  rows: 100_000,
  rmse: 2,
  rmseInterval: [1.8, 2.2],
  mae: 1,
  constant: 3,
  constantMae: 2,
  ridge: 1.9,
  ridgeMae: 1,
  metricMean: 2.5,
});
const run: TrainSummary = {
  folder: "runs/a",
  config: configOf({ recipe: "gaussian-process", settings: {}, files: null, maxRows: null }),
  fitted: true,
  counts: { records: 9, train: 7, validation: 2, added: [] },
  finished: true,
  epochs: 1,
  best: null,
  figures: ["validation", "mismatched validation", "sample test"].map(figure),
  shifts: [],
  choice: null,
  directions: null,
  picture: "runs/a/predicted.svg",
  about: "9 records.",
};

Deno.test("train's report: 80 columns hold the table, with its interval, and each set is explained below it", async () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  await reportRun(run, terminal);
  assert.match(written.out, /mismatched validation +100000 +2\.000 +1\.800 to 2\.200 +1\.900 +2\.500 +3\.000/);
  for (const line of `${written.out}${written.err}`.split("\n")) assert.ok(line.length <= 80, line);
  for (const set of run.figures) assert.ok(written.err.includes(`${set.set.split(" ")[0]}`), set.set);
  assert.match(describeSets(run.figures), /^\(validation: .*; mismatched validation: .*; sample test: .*\.\)$/);
  assert.match(written.err, /On held-out rows\s/);
});

Deno.test("train's report: a fit in closed form has no epochs, whether it is done or stopped", async () => {
  const { terminal, written } = recordingTerminal();
  await reportRun(run, terminal);
  assert.doesNotMatch(written.err, /epoch/);
  await assert.rejects(reportRun({ ...run, finished: false }, terminal), {
    message: "Stopped; everything is saved. Go on with:\n  deno task train --resume runs/a",
  });
});

Deno.test("train's report: folds are told of a simple predictor that is ahead, too", () => {
  const pooled = { rows: 9, rmse: 2, ridge: 1.5, constant: 3, mae: 1, bias: 0, pearson: 0, spearman: 0 };
  const folds: FoldsSummary = {
    folder: "runs/f",
    config: run.config,
    finished: true,
    done: 2,
    folds: [],
    pooled: { ...pooled, rmseInterval: [1, 3] },
    beside: [],
  };
  const { terminal, written } = recordingTerminal();
  reportFolds(folds, terminal);
  assert.match(written.err, /ridge regression \(1\.500\) does as well/);
  assert.match(written.out, /interval +1\.000 to 3\.000\n/);
  const few = recordingTerminal();
  reportFolds({ ...folds, pooled: { ...pooled, rmseInterval: null } }, few.terminal);
  assert.match(few.written.out, /interval +-\n/);
});
