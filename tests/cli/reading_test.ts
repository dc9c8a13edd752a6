import assert from "node:assert/strict";
import { join } from "node:path";
import { nextCommand } from "../../cli/output/next_command.ts";
import type { TrainCall } from "../../cli/commands/train_call.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { formatSamples } from "../data/formats/format_samples.ts";
import { put, withFolder } from "../temporary.ts";
import { call } from "./bad_files.ts";
import { run } from "./harness.ts";

const reading = { format: "helpsteer2", map: { response: "output" }, scoreRange: [1, 5] };
const words = "--format helpsteer2 --map response=output --score-range 1..5";

for (const command of ["train", "augment", "predict --run r", "evaluate --run r", "compare r", "embed --out o"]) {
  Deno.test(`reading: ${command} takes several paths and how they are read`, async () => {
    const { code, err, calls } = await run(`${command} --data a.json --data b ${words}`);
    assert.equal(code, 0, err);
    const asked = calls[0]!.call as { readonly request?: { readonly files: object } };
    const { data, reading: found } = (asked.request?.files ?? asked) as {
      readonly data: unknown;
      readonly reading: unknown;
    };
    assert.deepEqual([data, found], [["a.json", "b"], reading]);
  });
}

Deno.test("reading: finetune takes it too, and a call without it has no trace of it", async () => {
  const { calls } = await run(`finetune --data a --encoder gpu:e --out o ${words}`);
  const { request } = calls[0]!.call as { readonly request: { readonly data: unknown; readonly reading: unknown } };
  assert.deepEqual([request.data, request.reading], [["a"], reading]);
  const plain = await run("train --data a --metric-definitions d");
  const files = (plain.calls[0]!.call as Extract<TrainCall, { readonly kind: "new" }>).request.files!;
  assert.deepEqual(Object.keys(files), [
    ...["data", "metricNames", "metricEmbeddings", "metricDefinitions", "embeddings", "recover"],
  ]);
});

Deno.test(
  "reading: a run on another tool's rows embeds the metrics' names, keeps their scale, and scores such rows",
  withFolder(async (folder) => {
    const [sample] = formatSamples, [row] = sample!.rows;
    const rows = Array.from({ length: 12 }, (_, i) => ({ ...row, prompt: `Question ${i}`, helpfulness: i % 5 }));
    const data = await put(folder, "rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    const out = join(folder, "run"), files = { "--data": data, "--recipe": "bilinear", "--epochs": "1" };
    const trained = await call("train", { ...files, "--out": out });
    assert.equal(trained.code, 0, trained.err);
    assert.match(trained.err, /rows\.jsonl is read as HelpSteer2, with scores from 0 to 4: 12 rows, 60 records\.\n/);
    assert.match(trained.err, /No definitions are given for 5 of 5 metrics: their names serve as their texts; /);
    assert.match(trained.err, /; scores from 0 to 4, /);
    const { config, inputs } = await new RunFolder(out).readConfig();
    assert.deepEqual([inputs!.scoreRange, inputs!.definitions], [[0, 4], true]);
    assert.ok((await nextCommand(out, config)).endsWith(`--data ${data}`));
    const csv = join(folder, "scores.csv");
    const predicted = await call("predict", { "--run": out, "--data": data, "--out": csv });
    assert.equal(predicted.code, 0, predicted.err);
    const scores = (await Deno.readTextFile(csv)).trimEnd().split("\n").slice(1).map((line) =>
      Number(line.split(",")[1])
    );
    assert.equal(scores.length, 60);
    assert.ok(scores.every((score) => score >= -1 && score <= 5), scores.join());
    // A tool's metric that the run does not know has its name for its definition.
    const other = await put(
      folder,
      "other.json",
      JSON.stringify([
        { input: "a", actual_output: "b", metrics_data: [{ name: "politeness", score: 1 }] },
      ]),
    );
    const unknown = await call("predict", { "--run": out, "--data": other, "--out": csv });
    assert.equal(unknown.code, 0, unknown.err);
    assert.match(unknown.err, /The names of 1 metric that the run does not know serve as their definitions\.\n/);
  }),
);
