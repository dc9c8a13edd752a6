import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../cli/main.ts";
import { LiveState } from "../../reports/live/live_state.ts";
import { type Snapshot, snapshotOf } from "../../reports/live/snapshot.ts";
import { resumeFolds } from "../../runs/folds/train_folds.ts";
import { linesOf, readStream } from "../reports/live/read_stream.ts";
import { writeInputs } from "../runs/runs.ts";
import { eventFile } from "../runs/tensorboard/read_events.ts";
import { withFolder } from "../temporary.ts";
import { recordingTerminal, run } from "./harness.ts";

Deno.test("watch: options arrive typed, and those that do not go together are refused", async () => {
  const asked = async (line: string) => {
    const { watch, histograms } = (await run(line)).calls[0]!.call as Record<string, unknown>;
    return { watch, histograms };
  };
  assert.deepEqual(await asked("train"), { watch: undefined, histograms: undefined });
  assert.deepEqual(await asked("train --watch --histograms"), { watch: { port: null }, histograms: true });
  assert.deepEqual(await asked("train --resume a --watch --watch-port 7000"), {
    watch: { port: 7000 },
    histograms: undefined,
  });
  const finetune = await asked("finetune --resume a --watch");
  assert.deepEqual(finetune.watch, { port: null });
  for (
    const [line, message] of [
      ["train --watch-port 7000", /--watch-port needs --watch beside it/],
      ["train --watch --watch-port 70000", /--watch-port is "70000"; a whole number from 1024 to 65535 is expected/],
      ["train --watch --explain", /--explain trains nothing/],
    ] as const
  ) {
    const { code, err } = await run(line);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});

Deno.test(
  "watch: folds are followed on a page to their end; without --watch nothing listens",
  withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings, embeddings } = await writeInputs(folder, 60);
    const files = ["--data", data, "--metric-names", metricNames, "--metric-embeddings", metricEmbeddings];
    const size = ["--recipe", "bilinear", "--epochs", "2", "--hidden", "8", "--rank", "2"];
    const words = ["train", ...files, "--embeddings", embeddings, ...size, "--out"];
    const { terminal, written } = recordingTerminal();
    const out = join(folder, "folds");
    const training = main([...words, out, "--folds", "2", "--watch"], terminal);
    while (!written.err.includes("Watch it at")) await new Promise((resume) => setTimeout(resume, 5));
    const url = /Watch it at (\S+)/.exec(written.err)![1]!;
    const events = await readStream(url, () => false);
    assert.equal(await training, 0, written.err);
    const lines = linesOf(events).join("\n");
    for (const told of [/^Fold 0 \(1 of 2\):$/m, /^epoch 2\/2 {2}RMSE/m, /pooled/]) assert.match(lines, told);
    const last: Snapshot = JSON.parse(events.findLast(({ name }) => name === "state")!.data);
    assert.equal(last.status, "Training is done. The page stays as it is.");
    assert.deepEqual(last.tables.find(({ id }) => id === "runs")!.rows.map((row) => row.slice(0, 3)), [
      ["fold 0", "done", "2"],
      ["fold 1", "done", "2"],
    ]);
    assert.ok(last.facts.some(({ name, note }) => name === "memory" && note.endsWith("taken on the GPU")));
    for (const fold of ["fold-0", "fold-1"]) eventFile(join(out, fold));
    const resumed = new LiveState(() => {}, () => 0);
    await resumeFolds(out, { reporter: resumed.train });
    assert.deepEqual(
      snapshotOf(resumed).tables.find(({ id }) => id === "runs")!.rows,
      last.tables.find(({ id }) => id === "runs")!.rows,
    );

    const { serve } = Deno;
    Deno.serve = () => assert.fail("a port is opened");
    try {
      assert.equal(await main(["train", "--resume", out], terminal), 0);
    } finally {
      Deno.serve = serve;
    }
  }),
);
