import assert from "node:assert/strict";
import { join } from "node:path";
import { holdsSubmission } from "../../cli/output/out.ts";
import { predict, type PredictCall } from "../../cli/commands/predict.ts";
import { describeUnseen } from "../../cli/score_with.ts";
import { submissionColumns } from "../../cli/options/submission_columns.ts";
import type { MetricRecord } from "../../data/records.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { recordingTerminal } from "./harness.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

Deno.test(
  "predict: metrics that training lacked are counted and marked, and the file stands beside the run, ID,score unless asked",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder, 60), embeddings: null };
    const records: MetricRecord["extra"][] = JSON.parse(await Deno.readTextFile(files.data));
    // The table has an embedding of the metric, but training has no row of it.
    await Deno.writeTextFile(
      files.data,
      JSON.stringify(records.filter(({ metric_name }) => metric_name !== "metric 3")),
    );
    const run = join(folder, "run"), data = join(folder, "test.json");
    await trainRun({ recipe: "bilinear", settings: small, files, maxRows: null, out: run }, {
      engine,
      reporter: silent,
    });
    const target = records.slice(0, 8).map((record, i) => i === 0 ? record : { ...record, id: `row, ${i}` });
    await Deno.writeTextFile(data, JSON.stringify(target));

    const { terminal, written } = recordingTerminal();
    const call: PredictCall = {
      ...{ run, data, out: null, force: false, round: false, standardDeviation: null, columns: [], embeddings: null },
      ...{ encoder: null, metrics: null, shift: { name: "none", target: null }, calibrate: "none", interval: null },
      saveFeatures: null,
    };
    await predict(call, terminal);
    assert.ok(written.err.includes(`8 scores written to ${run}/submission.csv.\n`), written.err);
    assert.match(written.err, /2 of 8 records have metrics that training lacked: "metric 3"\./);
    const [, median, middle] = /median (\S+),.*\nlowest \S+, quartiles \S+ (\S+) /.exec(written.err)!;
    assert.equal(median, middle);
    const lines = async () => (await Deno.readTextFile(join(run, "submission.csv"))).trimEnd().split("\n");
    const plain = await lines();
    assert.equal(plain[0], "ID,score");
    assert.ok(plain.every((line) => line.split(",").length === 2));

    const profile = join(folder, "trace.json");
    await predict({ ...call, columns: ["id", "metric_name", "unseen_metric"], profile }, terminal);
    assert.ok(written.err.includes(`Trace for ui.perfetto.dev: ${profile}\n`), written.err);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(profile)) as { traceEvents: { name: string }[] };
    assert.ok(traceEvents.some(({ name }) => name === "read back"));
    assert.match(written.err, /submission\.csv, in place of an earlier submission\.\n/);
    assert.deepEqual(
      (await lines()).map((line, i) => line.slice(plain[i]!.length)),
      [
        ",id,metric_name,unseen_metric",
        ...target.map((_, i) => `,${i === 0 ? "" : `"row, ${i}"`},metric ${i % 4},${i % 4 === 3 ? 1 : 0}`),
      ],
    );
    await assert.rejects(predict({ ...call, columns: ["metric"] }, terminal), {
      message: '--columns: no record has a field "metric"; the nearest name is "metric_name".',
    });
  }),
);

Deno.test("predict: a field that has the name of a submission's own column gets another", () => {
  const record: MetricRecord = {
    ...{ metric: "m", systemPrompt: null, userPrompt: "u", response: "r", score: null },
    extra: { ID: 7, tags: ["a"] },
  };
  assert.deepEqual(submissionColumns(["ID", "tags", "system_prompt"], [record], [false]), [
    { name: "record_ID", values: ["7"] },
    { name: "tags", values: ['["a"]'] },
    { name: "system_prompt", values: [""] },
  ]);
});

Deno.test("predict: of metrics that training lacked some are named; where there are none nothing is said", () => {
  const records = ["a", "b", "c", "d", "a"].map((metric) => ({ metric }) as MetricRecord);
  assert.equal(describeUnseen(records, records.map(() => false)), null);
  assert.equal(
    describeUnseen(records, records.map(() => true)),
    '5 of 5 records have metrics that training lacked: "a", "b", "c" and 1 more.',
  );
  assert.match(describeUnseen(records, [false, true, false, false, false])!, /^1 of 5 records has a metric that /);
});

Deno.test(
  "predict: --out replaces an earlier submission, and nothing else without --force",
  withFolder(async (folder) => {
    assert.equal(await holdsSubmission(join(folder, "new.csv"), false), false);
    assert.equal(await holdsSubmission(await put(folder, "s.csv", "ID,score\n1,2\n"), false), true);
    for (const content of ["ID,score,predicted\n1,2,3\n", "notes", ""]) {
      const path = await put(folder, "other.csv", content);
      await assert.rejects(holdsSubmission(path, false), { name: "UsageError" });
      assert.equal(await holdsSubmission(path, true), false);
    }
  }),
);
