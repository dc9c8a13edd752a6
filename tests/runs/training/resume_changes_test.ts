import assert from "node:assert/strict";
import { join } from "node:path";
import { readHistory } from "../../../runs/results/history.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, writeInputs } from "../runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const change = (word: string) => {
  const [path, value] = word.split("=") as [string, string];
  return [path, value, path] as const;
};

/** A run that was stopped after its first epoch. */
async function stopped(folder: string) {
  const files = await writeInputs(folder), out = join(folder, "run"), stop = new AbortController();
  const settings = {
    model: { hidden: [8] },
    features: { texts: "combined" },
    optimizer: { name: "sgd", lr: 0.01 },
    schedule: { name: "none" },
    training: { epochs: 4, batchSize: 8 },
  } as const;
  const reporter = { ...silent, epoch: () => stop.abort() };
  await trainRun({ recipe: "residual-mlp", files, settings, maxRows: null, out }, { reporter, signal: stop.signal });
  return out;
}

Deno.test(
  "resume: after a gradient that is not finite a run goes on with the learning rate that its message asks for",
  withFolder(async (folder) => {
    const out = await stopped(folder);
    await assert.rejects(resumeRun(out, { engine, reporter: silent }, [change("optimizer.lr=10")]), (error: Error) => {
      assert.match(
        error.message,
        /: the gradient is not finite at step \d+ \(learning rate 10\)\. (The first tensor .*\. )?The last good/,
      );
      assert.match(error.message, /checkpoint is epoch \d: train --resume .*run --set optimizer\.lr=1$/);
      return true;
    });
    const { finished } = await resumeRun(out, { engine, reporter: silent }, [
      change("optimizer.lr=0.002"),
      change("optimizer.clip=1"),
    ]);
    assert.equal(finished, true);
    const rates = (await readHistory(join(out, "metrics.jsonl"))).map(({ learningRate }) => learningRate);
    assert.deepEqual(rates, [0.01, 0.002, 0.002, 0.002]);
    const { settings } = JSON.parse(await Deno.readTextFile(join(out, "config.json")));
    assert.deepEqual([settings.optimizer.lr, settings.optimizer.clip], [0.002, 1]);
    await assert.rejects(
      resumeRun(out, { engine, reporter: silent }, [change("optimizer.lr=1")]),
      /UsageError: .*run is done, so that optimizer\.lr cannot change it any more\./,
    );
  }),
);

Deno.test(
  "resume: a changed learning rate outlasts being stopped again, and one that is as it was changes nothing",
  withFolder(async (folder) => {
    const out = await stopped(folder), stop = new AbortController();
    const reporter = { ...silent, step: () => stop.abort() };
    await resumeRun(out, { reporter, signal: stop.signal }, [change("optimizer.lr=0.003")]);
    assert.equal((await resumeRun(out, { engine, reporter: silent }, [change("optimizer.lr=0.003")])).finished, true);
    const rates = (await readHistory(join(out, "metrics.jsonl"))).map(({ learningRate }) => learningRate);
    assert.deepEqual(rates, [0.01, 0.003, 0.003, 0.003]);
  }),
);

Deno.test(
  "resume: other settings are refused by name, and unknown ones with the nearest, before anything is done",
  withFolder(async (folder) => {
    const out = await stopped(folder), config = await Deno.readFile(join(out, "config.json"));
    for (
      const [word, message] of [
        [
          "model.dropout=0.5",
          /A run goes on with its own model\.dropout; only optimizer\.lr, optimizer\.clip and training\.onNonfinite may change\./,
        ],
        ["optimizer.lrr=1", /no setting "optimizer\.lrr"; the nearest one is "optimizer\.lr"/],
        ["optimizer.lr=fast", /optimizer\.lr is "fast"/],
      ] as const
    ) {
      await assert.rejects(resumeRun(out, { engine, reporter: silent }, [change(word)]), message);
    }
    assert.deepEqual(await Deno.readFile(join(out, "config.json")), config);
  }),
);
