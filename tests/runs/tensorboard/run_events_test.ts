import assert from "node:assert/strict";
import { join } from "node:path";
import { readHistory, readTimings } from "../../../runs/results/history.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { EventFile } from "../../../runs/tensorboard/event_file.ts";
import { scalarValue } from "../../../runs/tensorboard/events.ts";
import { RunEvents } from "../../../runs/tensorboard/run_events.ts";
import { withFolder } from "../../temporary.ts";
import { silent, small, writeInputs } from "../runs.ts";
import { eventFile, readEvents } from "./read_events.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const steps = (folder: string) => readEvents(folder).filter(({ tags }) => tags.length > 0).map(({ step }) => step);

/** An event file with a value at each of some steps. */
async function write(folder: string, last: number): Promise<void> {
  const file = await EventFile.open(folder, 0);
  for (let step = 1; step <= last; step++) await file.add({ step, wallTime: step }, [scalarValue("loss", 1 / step)]);
}

Deno.test(
  "event file: work that goes on from an earlier step leaves out what came after it, in a file of a later name",
  withFolder(async (folder) => {
    await write(folder, 5);
    const before = eventFile(folder);
    const file = await EventFile.open(folder, 3);
    assert.equal(file.lastStep, 3);
    await file.add({ step: 4, wallTime: 9 }, [scalarValue("loss", 7)]);
    assert.deepEqual(steps(folder), [1, 2, 3, 4]);
    assert.equal(readEvents(folder).at(-1)!.scalars.loss, 7);
    assert.ok(eventFile(folder) > before, "readers open it after the old one");
  }),
);

Deno.test(
  "event file: killed while it wrote a record, or while it replaced the file, it is whole again",
  withFolder(async (folder) => {
    await write(folder, 3);
    const path = eventFile(folder), bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 5));
    assert.equal((await EventFile.open(folder, 3)).lastStep, 2);
    assert.equal(eventFile(folder), path, "what was read is still there");
    assert.deepEqual(steps(folder), [1, 2]);
    await Deno.writeFile(join(folder, "events.out.tfevents.0000000001.metrograd"), bytes);
    assert.equal((await EventFile.open(folder, 3)).lastStep, 2);
    assert.deepEqual(steps(folder), [1, 2]);
    await Deno.writeFile(path, new Uint8Array());
    assert.equal((await EventFile.open(folder, 3)).lastStep, 0);
    assert.equal(readEvents(folder).length, 1, "the version");
  }),
);

Deno.test(
  "event file: a run has each epoch once, with its figures, however often it is stopped, killed and taken up",
  withFolder(async (folder) => {
    const out = join(folder, "run"), stop = new AbortController();
    const request = { recipe: "bilinear", files: await writeInputs(folder), settings: small, maxRows: null, out };
    const reporter = { ...silent, step: ({ epoch }: { epoch: number }) => epoch === 1 && stop.abort() };
    await trainRun(request, { reporter, signal: stop.signal, histograms: true });
    assert.deepEqual(steps(out), [0, 1]);
    // Killed in the middle of a record.
    await Deno.writeFile(eventFile(out), Uint8Array.of(9, 0, 0), { append: true });
    // It goes on with histograms without being told again.
    await resumeRun(out, { engine, reporter: silent });
    const figures = await readHistory(join(out, "metrics.jsonl"));
    const check = () => {
      const [, settings, ...epochs] = readEvents(out);
      assert.deepEqual(settings!.tags, ["settings/text_summary"]);
      assert.deepEqual(epochs.map(({ step }) => step), [1, 2, 3]);
      epochs.forEach(({ scalars }, i) => {
        const { validationRmse, trainLoss, learningRate, gradientNorm, mismatchedRmse } = figures[i]!;
        assert.equal(scalars["validation/rmse"], Math.fround(validationRmse));
        assert.equal(scalars["validation/mismatched_rmse"], Math.fround(mismatchedRmse!));
        assert.equal(scalars["train/loss"], Math.fround(trainLoss));
        assert.equal(scalars["train/learning_rate"], Math.fround(learningRate));
        assert.equal(scalars["train/gradient_norm"], Math.fround(gradientNorm));
        assert.ok(scalars["train/steps_per_second"]! > 0);
      });
      assert.ok(epochs.every(({ wallTime }, i) => i === 0 || wallTime >= epochs[i - 1]!.wallTime));
      return epochs;
    };
    for (const { tags } of check()) {
      assert.ok(tags.includes("weights/bilinear.u.weight") && tags.includes("gradients/bilinear.u.weight"), `${tags}`);
    }
    // A run of an earlier version has no event file.
    await Deno.remove(eventFile(out));
    const timings = await readTimings(join(out, "timings.jsonl"));
    await RunEvents.open(out, figures, timings, { settings: small, fitted: false, histograms: false });
    for (const { tags } of check()) assert.ok(!tags.some((tag) => tag.startsWith("weights/")));
  }),
);
