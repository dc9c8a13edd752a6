import assert from "node:assert/strict";
import { join } from "node:path";
import { readHistory } from "../../../runs/results/history.ts";
import { optimizerNames } from "../../../recipes/training/optimizers.ts";
import { makeSchedule, scheduleNames } from "../../../recipes/training/schedules.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { assertResumesToTheSameBits, silent, small, writeInputs } from "../../runs/runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const settings = { patience: 0, factor: 0.5, minimumLr: 0.01, warmup: 0.25 };

/** The learning rate of each of 8 steps, an epoch every second one; figures never improve. */
function rates(name: (typeof scheduleNames)[number]): number[] {
  const optimizer = { lr: 1 };
  const schedule = makeSchedule(optimizer, { ...settings, name }, 8);
  return Array.from({ length: 8 }, (_, step) => {
    schedule.beforeStep(step);
    const { lr } = optimizer;
    if (step % 2 === 1) schedule.afterEpoch(1);
    return Number(lr.toFixed(3));
  });
}

Deno.test("schedules: a plateau cuts after epochs, the others follow the step from the full rate to the lowest", () => {
  assert.deepEqual(rates("none"), [1, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(rates("plateau"), [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
  assert.deepEqual(rates("warmup-linear"), [0, 0.5, 1, 0.833, 0.667, 0.5, 0.333, 0.167]);
  assert.deepEqual(rates("cosine"), [1, 0.962, 0.855, 0.694, 0.505, 0.316, 0.155, 0.048]);
});

for (const [index, name] of optimizerNames.entries()) {
  const schedule = scheduleNames[index % scheduleNames.length]!;
  Deno.test(
    `run: with ${name} and the schedule ${schedule}, stopped and resumed, it ends in the bits of an unbroken run`,
    withFolder(async (folder) => {
      const files = await writeInputs(folder, 300);
      const request = {
        recipe: "bilinear",
        files,
        settings: { ...small, optimizer: { name, lr: 0.003, momentum: 0.5 }, schedule: { name: schedule } },
        maxRows: null,
      };
      const run = await assertResumesToTheSameBits(folder, request, { engine });
      const losses = (await readHistory(join(run, "metrics.jsonl"))).map(({ trainLoss }) => trainLoss);
      assert.ok(losses.at(-1)! < losses[0]!, `it learns: ${losses}`);
    }),
  );
}

Deno.test(
  "run: label noise changes the losses, is the same for the same seed, and leaves the scores that are measured",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const train = async (out: string, labelNoise: number) => {
      const settings = { ...small, training: { ...small.training, epochs: 1, labelNoise } };
      await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: join(folder, out) }, {
        engine,
        reporter: silent,
      });
      return await readHistory(join(folder, out, "metrics.jsonl"));
    };
    const noisy = await train("a", 2);
    assert.deepEqual(await train("b", 2), noisy);
    assert.notEqual((await train("c", 0))[0]!.trainLoss, noisy[0]!.trainLoss);
    const scores = async (run: string) =>
      (await Deno.readTextFile(join(folder, run, "validation.csv"))).split("\n").map((line) => line.split(",")[1]);
    assert.deepEqual(await scores("a"), await scores("c"));
  }),
);
