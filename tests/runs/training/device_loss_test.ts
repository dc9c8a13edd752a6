import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../../cli/main.ts";
import { Engine } from "../../../engine/engine.ts";
import { DeviceError, DeviceLostError } from "../../../kernels/errors.ts";
import { finetune } from "../../../runs/finetune/finetune.ts";
import { openGpuEncoder } from "../../../encoders/network/gpu.ts";
import { encodingTable } from "../../../recipes/settings/shared.ts";
import { resolve } from "../../../recipes/settings/table.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { recordingTerminal } from "../../cli/harness.ts";
import { put, withFolder } from "../../temporary.ts";
import { writeTinyEncoder } from "../../encoders/network/tiny_encoder.ts";
import { silent, small, writeInputs } from "../runs.ts";

/** Something that happens to an engine's device in the middle of a step. */
type Fault = (device: GPUDevice) => void;

const destroyed: Fault = (device) => device.destroy();
/** What Vulkan says of a dispatch over the driver's time limit, before the loss itself is told of. */
const timedOut: Fault = (device) => refused(device, new GPUValidationError("Parent device is lost"));
const outOfMemory: Fault = (device) => refused(device, new GPUOutOfMemoryError("Not enough memory left."));

function refused(device: GPUDevice, error: GPUError): void {
  device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
}

/**
 * Runs a body while engines meet faults: of each engine that is opened in turn the step or read at which one happens, null for none,
 * and "gone" where there is no adapter any more. Engines after those are left alone.
 */
async function withFaults<Result>(
  fault: Fault,
  engines: readonly (number | null | "gone")[],
  body: () => Promise<Result>,
): Promise<Result> {
  const { open } = Engine, waiting = [...engines];
  Engine.open = async (options) => {
    const at = waiting.shift();
    if (at === "gone") throw new DeviceError("No GPU adapter was found.");
    const engine = await open.call(Engine, options), step = engine.step.bind(engine), read = engine.read.bind(engine);
    let count = 0;
    const meet = () => void (++count === at && fault(engine.opened.device));
    engine.step = (body) => step(() => (meet(), body()));
    engine.read = (tensors) => (meet(), read(tensors));
    return engine;
  };
  try {
    const result = await body();
    assert.deepEqual(waiting, [], "as many engines are opened as were expected");
    return result;
  } finally {
    Engine.open = open;
  }
}

Deno.test("device loss: in the middle of a step it is noticed by the end of the next one, and frees without a word", async () => {
  for (const fault of [destroyed, timedOut]) {
    await withFaults(fault, [3], async () => {
      await using engine = await Engine.open();
      const step = () => engine.step(() => engine.full([2], 1));
      await step();
      await step();
      await assert.rejects(async () => {
        await step();
        await step();
      }, DeviceLostError);
      await assert.rejects(step(), DeviceLostError);
    });
  }
});

Deno.test(
  "device loss: training opens the GPU again, goes on from its last checkpoint and ends in the same bits; so does scoring",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const request = { recipe: "bilinear", files, settings: small, maxRows: null };
    await trainRun({ ...request, out: join(folder, "whole") }, { reporter: silent });
    const warnings: string[] = [];
    const reporter = { ...silent, warn: (sentence: string) => void warnings.push(sentence) };
    // Before there is a checkpoint, and after the first one.
    const out = join(folder, "broken");
    await withFaults(destroyed, [2, 12, null], () => trainRun({ ...request, out }, { reporter }));
    const losses = warnings.filter((sentence) =>
      /^The GPU .* the run goes on from its last checkpoint\.$/.test(sentence)
    );
    assert.equal(losses.length, 2, warnings.join("\n"));
    for (const name of ["metrics.jsonl", "model.safetensors", "checkpoint.safetensors", "validation.csv"]) {
      assert.deepEqual(await Deno.readFile(join(out, name)), await Deno.readFile(join(folder, "whole", name)), name);
    }

    const predict = async (name: string) => {
      const { terminal, written } = recordingTerminal(), file = join(folder, name);
      const call = ["--run", out, "--data", files.data, "--embeddings", files.embeddings, "--out", file];
      assert.equal(await main(["predict", ...call], terminal), 0, written.err);
      return { scores: await Deno.readTextFile(file), err: written.err };
    };
    const { scores } = await predict("a.csv");
    const broken = await withFaults(destroyed, [1, null], () => predict("b.csv"));
    assert.match(broken.err, /It is opened again, and the block of records is scored again\./);
    assert.equal(broken.scores, scores);
  }),
);

Deno.test(
  "device loss: training stops with one sentence when the GPU is lost again and again, is gone, or has no memory left",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const request = { recipe: "bilinear", files, settings: small, maxRows: null };
    const stops = (fault: Fault, engines: readonly (number | null | "gone")[], out: string, message: RegExp) =>
      withFaults(
        fault,
        engines,
        () => assert.rejects(trainRun({ ...request, out: join(folder, out) }, { reporter: silent }), message),
      );
    await stops(timedOut, [2, 2, 2], "again", /^DeviceLostError: The GPU was lost .* third time in a row\.$/);
    await stops(destroyed, [2, "gone"], "gone", /^DeviceError: .* destroyed.* failed again: No GPU adapter/);
    await stops(
      outOfMemory,
      [2],
      "full",
      /^MetrogradError: The GPU has no memory left\. There is no checkpoint yet/,
    );
  }),
);

Deno.test(
  "device loss: embedding and fine-tuning go on to the same bits",
  withFolder(async (folder) => {
    const base = join(folder, "base"), settings = { ...resolve(encodingTable, {}), batchSize: 2 };
    await writeTinyEncoder(base, "bert");
    const notes: string[] = [];
    const encode = async () => {
      await using encoder = await openGpuEncoder(base, settings, (note) => notes.push(note));
      return [await encoder.encode(["a b", "the answer"]), await encoder.encode(["short ?"])];
    };
    const vectors = await encode();
    notes.length = 0;
    assert.deepEqual(await withFaults(destroyed, [1, null], encode), vectors);
    assert.ok(notes.some((note) => note.endsWith("the texts are encoded on.")), notes.join("\n"));

    const records = ["a b c", "c b a", "b a c a", "short ?"].map((response) => ({
      ...{ metric_name: "clarity", user_prompt: "", response, score: 9 },
    }));
    const request = {
      data: [await put(folder, "train.json", JSON.stringify(records))],
      metricDefinitions: await put(folder, "definitions.json", JSON.stringify({ clarity: "the answer" })),
      encoder: `gpu:${base}`,
      settings: { epochs: 2, batch: 2, pairs: "definitions" },
    } as const;
    const tune = (name: string) => finetune({ ...request, out: join(folder, name) }, {});
    await tune("whole");
    await withFaults(destroyed, [6, null], () => tune("broken"));
    const weights = (name: string) => Deno.readFile(join(folder, name, "model.safetensors"));
    assert.deepEqual(await weights("broken"), await weights("whole"));
  }),
);
