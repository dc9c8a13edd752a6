import assert from "node:assert/strict";
import { join } from "node:path";
import { evaluate, type EvaluateCall } from "../../cli/commands/evaluate.ts";
import { pairAccuracy, pairLoss, preferredTo } from "../../data/pairs/preferred.ts";
import { readRecords } from "../../data/records.ts";
import { writeRecords } from "../../data/write_records.ts";
import { Philox } from "../../kernels/philox.ts";
import { pairedBatches } from "../../recipes/training/batches.ts";
import { trainRun } from "../../runs/start_run.ts";
import { LoadedRuns } from "../../serve/model/loaded_runs.ts";
import { ScoreStep } from "../../serve/model/score_step.ts";
import { readServedRuns } from "../../serve/model/served_run.ts";
import { recordingTerminal } from "../cli/harness.ts";
import { put, withFolder } from "../temporary.ts";
import { assertResumesToTheSameBits, silent, small } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

const words = { chosen: ["clear", "helpful", "kind", "precise"], rejected: ["rude", "vague", "wrong", "lazy"] };

/** Pairs whose chosen answers have other words than the rejected ones. */
function comparisons(count: number) {
  const random = new Philox(3);
  const text = (of: readonly string[]) =>
    Array.from({ length: 6 }, () => random.uniform() < 0.5 ? "the" : of[random.integer(of.length)]).join(" ");
  return Array.from({ length: count }, (_, i) => ({
    prompt: `question ${i}`,
    chosen: `${text(words.chosen)} kind`,
    rejected: `${text(words.rejected)} rude`,
  }));
}

Deno.test(
  "preferences: two networks learn to rank held-out pairs, go on to the same bits, and others are refused by name",
  withFolder(async (folder) => {
    const data = await put(folder, "pairs.jsonl", comparisons(60).map((pair) => JSON.stringify(pair)).join("\n"));
    const files = { data, metricNames: null, metricEmbeddings: null, embeddings: null, recover: false };
    const settings = { ...small, training: { ...small.training, epochs: 4 } };
    const run = await assertResumesToTheSameBits(folder, {
      recipe: "residual-mlp",
      settings: { ...settings, model: { hidden: [8] } },
      files,
      maxRows: null,
    });
    const { figures, counts } = await trainRun(
      { recipe: "bilinear", settings, files, maxRows: null, out: join(folder, "bilinear") },
      { engine, reporter: silent },
    );
    const [{ pairs }] = figures as [(typeof figures)[number]];
    assert.deepEqual([counts.train, counts.validation, pairs!.count, counts.added], [96, 24, 12, []]);
    assert.ok(pairs!.accuracy > 0.9, `${pairs!.accuracy}`);

    const { terminal, written } = recordingTerminal();
    const call: EvaluateCall = {
      ...{ run, data, scores: null, embeddings: null, encoder: null, metrics: null, json: false, interval: null },
      shift: { name: "auto", target: null },
      calibrate: "none",
    };
    await evaluate(call, terminal);
    assert.match(written.out, /given\s+60\s+(?:9\d\.\d|100\.0) %/);
    for (
      const [option, more] of [["--interval", { interval: 0.9 }], ["--calibrate", { calibrate: "isotonic" }]] as const
    ) {
      await assert.rejects(evaluate({ ...call, ...more }, terminal), {
        name: "UsageError",
        message:
          `${run} cannot take ${option}: it learnt from pairs of answers, which say how to rank scores and not ` +
          "how far off one is.",
      });
    }

    const [served] = await readServedRuns([{ name: "pairs", path: run }]), notes: string[] = [];
    const note = (sentence: string) => void notes.push(sentence);
    await using loaded = new LoadedRuns([served!], { encoder: null, onNote() {}, onLoss: assert.fail });
    const step = new ScoreStep(loaded, served!, { calibrate: "none", interval: 0.9 });
    await step.warmUp(note);
    assert.equal(step.level, null);
    assert.match(notes.join(), /^pairs: scores come without intervals: it learnt from pairs of answers/);
    const calibrated = new ScoreStep(loaded, served!, { calibrate: "isotonic", interval: null });
    await assert.rejects(calibrated.warmUp(note), /^UsageError: pairs cannot take --calibrate: it learnt from pairs/);

    for (const recipe of ["auto", "attention-refiner", "gaussian-process", "scml"]) {
      await assert.rejects(
        trainRun({ recipe, settings: {}, files, maxRows: null, out: join(folder, recipe) }, {
          engine,
          reporter: silent,
        }),
        {
          name: "UsageError",
          message:
            `${recipe} learns from scores, not from pairs of a chosen and a rejected response; --recipe bilinear or ` +
            "residual-mlp or joint-embedding is expected.",
        },
      );
    }
    const added = { ...settings, augmentation: { rows: join(folder, "added") } };
    await assert.rejects(
      trainRun({ recipe: "bilinear", settings: added, files, maxRows: null, out: join(folder, "run") }, {
        engine,
        reporter: silent,
      }),
      { message: /added has rows with scores, which cannot be added to pairs of a chosen and a rejected response\.$/ },
    );
    const mixed = [data, await put(folder, "scored.jsonl", '{"metric_name":"preference","response":"r","score":4}')];
    const request = { recipe: "bilinear", settings, maxRows: null, out: join(folder, "mixed") };
    await assert.rejects(
      trainRun({ ...request, files: { ...files, data: mixed, reading: { scoreRange: [0, 10] } } }, {
        engine,
        reporter: silent,
      }),
      { message: "Of 121 records 1 have scores and the others are pairs; one of the two is expected." },
    );
  }),
);

Deno.test("preferences: pairs share a batch, and accuracy counts a tie half", () => {
  const pairs = Int32Array.of(1, -1, 5, 4, -1, -1, -1);
  const batches = pairedBatches(pairs, 4, new Philox(1));
  assert.deepEqual(batches.map(({ length }) => length), [4, 2]);
  assert.deepEqual(
    batches.flatMap((batch) => Array.from({ length: batch.length / 2 }, (_, i) => [batch[2 * i], batch[2 * i + 1]]))
      .toSorted((a, b) => a[0]! - b[0]!),
    [[0, 1], [2, 5], [3, 4]],
  );
  const score = [3, 1, 5, 2, 2, 6, 0];
  assert.deepEqual(pairAccuracy(score, pairs), { pairs: 3, accuracy: 0.5 });
  const expected = [-2, 1, 0].reduce((sum, gap) => sum + Math.log(1 + Math.exp(gap)), 0) / 3;
  assert.ok(Math.abs(pairLoss(score, pairs) - expected) < 1e-12);
});

Deno.test(
  "preferences: records know their pair, and are written as pairs again",
  withFolder(async (folder) => {
    const rows = [...comparisons(2), { ...comparisons(1)[0], prompt: "another", metric_name: "tone", source: "x" }];
    const records = await readRecords(await put(folder, "a.json", JSON.stringify(rows)), { scores: "required" });
    assert.deepEqual(records.map(({ pair }) => pair!.chosen), [true, false, true, false, true, false]);
    assert.deepEqual([...preferredTo(records, [3, 2, 0, 5])], [-1, 0, -1, -1]);
    const again = join(folder, "again.json");
    await writeRecords(again, records);
    assert.deepEqual(await readRecords(again, { scores: "required" }), records);
  }),
);
