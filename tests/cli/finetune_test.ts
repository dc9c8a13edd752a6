import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finetune } from "../../cli/commands/finetune.ts";
import { createFinetuneReporter } from "../../cli/output/finetune_progress.ts";
import { finetune as tune, type FinetuneRequest } from "../../runs/finetune/finetune.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { put, withFolder } from "../temporary.ts";
import { recordingTerminal, run } from "./harness.ts";

Deno.test("finetune: options arrive typed, and only those that were given", async () => {
  const { code, calls, err } = await run(
    "finetune --data a.json --data b.json --encoder gpu:m --metric-definitions d.json --loss triplet --lr 1e-4 " +
      "--freeze 4 --max-tokens 64 --out tuned --force",
  );
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(calls, [{
    command: "finetune",
    call: {
      kind: "new",
      request: {
        data: ["a.json", "b.json"],
        encoder: "gpu:m",
        metricDefinitions: "d.json",
        out: "tuned",
        settings: { loss: "triplet", lr: 1e-4, freeze: 4, maxTokens: 64 },
      },
      force: true,
    },
  }]);
  assert.deepEqual((await run("finetune --resume tuned")).calls, [
    { command: "finetune", call: { kind: "resume", out: "tuned" } },
  ]);
  assert.deepEqual((await run("finetune --resume tuned --no-report")).calls, [
    { command: "finetune", call: { kind: "resume", out: "tuned", report: false } },
  ]);
});

Deno.test("finetune: calls that cannot be carried out are refused in a sentence", async () => {
  const refusals = {
    "finetune --data a.json --out b": /--encoder is expected/,
    "finetune --resume a --lr 1": /--lr cannot be given beside it/,
    "finetune --data a --encoder gpu:b --out c --loss mrn": /--loss is "mrn"; mnr or .* \(did you mean mnr\?\)/,
    "finetune --data a --encoder gpu:b --out c --batch 1": /--batch is "1"; a whole number from 2 to 1024/,
  };
  for (const [line, message] of Object.entries(refusals)) {
    const { code, err, calls } = await run(line);
    assert.deepEqual([code, calls], [2, []]);
    assert.match(err, message);
  }
});

/** Writes an encoder and records; what to ask for. */
async function prepare(folder: string): Promise<FinetuneRequest> {
  await writeTinyEncoder(join(folder, "base"), "bert");
  const texts = ["the answer is short", "a b c", "short ?", "c b a"];
  const records = texts.map((response) => ({ metric_name: "clarity", user_prompt: "", response, score: 9 }));
  return {
    data: [await put(folder, "train.json", JSON.stringify(records))],
    metricDefinitions: null,
    encoder: `gpu:${join(folder, "base")}`,
    settings: { epochs: 1, batch: 4, pairs: "texts" },
    out: join(folder, "tuned"),
  };
}

Deno.test(
  "finetune: after Ctrl-C all is saved, the way on is told and the exit code is 130",
  withFolder(async (folder) => {
    const { data, encoder, out } = await prepare(folder);
    const words = ["--data", data[0]!, "--encoder", encoder, "--out", out, "--epochs", "10000", "--pairs", "texts"];
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--allow-all",
        fileURLToPath(new URL("../../cli/main.ts", import.meta.url)),
        "finetune",
        ...words,
      ],
      stderr: "piped",
    }).spawn();
    let err = "", stopped = false;
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
      err += piece;
      if (stopped || !err.includes("epoch 1/10000")) continue;
      stopped = true;
      child.kill("SIGINT");
    }
    assert.equal((await child.status).code, 130, err);
    assert.match(err, /Saved after epoch \d+\. Go on with:\n {2}deno task finetune --resume .*tuned\n$/);
    await Deno.stat(join(`${out}.unfinished`, "checkpoint.safetensors"));
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  }),
);

Deno.test(
  "finetune: resumed it prints the figures before and after",
  withFolder(async (folder) => {
    const request = await prepare(folder);
    await tune(request, { signal: AbortSignal.abort() });
    const { terminal, written } = recordingTerminal();
    await finetune({ kind: "resume", out: request.out }, terminal);
    assert.match(written.err, /Going on after epoch 0\.\n/);
    assert.match(
      written.out,
      /^ +before +after\nalignment of texts that fit one metric .* \d\.\d+ +\d\.\d+\nuniformity/,
    );
    assert.match(written.err, /The tuned encoder is in .*tuned; use it as gpu:/);
    const page = join(request.out, "report", "index.html");
    assert.ok(written.err.includes(`Report: ${page}`), written.err);
    assert.match(await Deno.readTextFile(page), /<h2 id="finetuning-title">/);
  }),
);

Deno.test("finetune: progress tells the pace from the first step's end, and the time left", () => {
  let clock = 0;
  const { terminal, written } = recordingTerminal();
  const reporter = createFinetuneReporter(terminal, () => clock);
  const counts = { records: 9, texts: 8, heldOut: true, pairs: { texts: 8 }, definitions: 0, batches: 10, warmup: 10 };
  reporter.start({ ...counts, trainedTensors: 2, trainedNumbers: 1500, epochs: 2, stepsDone: 0 });
  assert.match(written.err, /8 texts of 9 records, others held out to measure on; pairs an epoch: 8 of texts\./);
  assert.match(written.err, /2 tensors of 1,500 numbers are trained; the rate rises over 10 steps of 20\./);
  clock = 29_000;
  reporter.step?.({ epoch: 1, batch: 1, batches: 10, loss: 1 });
  clock = 69_000;
  reporter.step?.({ epoch: 1, batch: 5, batches: 10, loss: 0.5 });
  assert.match(written.err, /epoch 1\/2 ━+┄+ {2}2 min 30 s left {2}10\.0 s\/step {2}loss 0\.500\n$/);
});
