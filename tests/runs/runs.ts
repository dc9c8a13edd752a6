import "../kept_device.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../data/files/npy.ts";
import type { Engine } from "../../engine/engine.ts";
import { Philox } from "../../kernels/philox.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import type { Observer } from "../../data/observer.ts";
import type { TrainFiles, TrainRequest } from "../../runs/train_request.ts";
import { resumeRun } from "../../runs/resume_run.ts";
import { trainRun } from "../../runs/start_run.ts";

/** A reporter that says nothing. */
export const silent: Observer = {
  adapter() {},
  note() {},
  warn() {},
  start() {},
  step() {},
  epoch() {},
  end() {},
};

/** Settings of a run that takes a second. */
export const small = {
  model: { hidden: [16, 8], rank: 4 },
  optimizer: { lr: 0.01 },
  training: { epochs: 3, batchSize: 16 },
} as const satisfies GivenSettings;

/** Widths of the embeddings that `writeInputs` makes. */
export const widths = { text: 6, metric: 5, metrics: 4 } as const;

/** Writes records with embeddings of their own into a folder. */
export async function writeInputs(folder: string, rows = 90) {
  const random = new Philox(11);
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const records = Array.from({ length: rows }, (_, i) => ({
    metric_name: `metric ${i % widths.metrics}`,
    system_prompt: i % 3 === 0 ? null : "Be brief.",
    user_prompt: `question ${i >> 1}`,
    response: `answer ${i}`,
    score: String(random.integer(11)),
  }));
  const files = {
    data: join(folder, "train.json"),
    metricNames: join(folder, "metric_names.json"),
    metricEmbeddings: join(folder, "metric_embeddings.npy"),
    embeddings: join(folder, "embeddings"),
    recover: false,
  } as const satisfies TrainFiles;
  await Deno.mkdir(files.embeddings);
  await Deno.writeTextFile(files.data, JSON.stringify(records));
  await Deno.writeTextFile(
    files.metricNames,
    JSON.stringify(Array.from({ length: widths.metrics }, (_, i) => `metric ${i}`)),
  );
  await writeNpy(files.metricEmbeddings, normals(widths.metrics * widths.metric), [widths.metrics, widths.metric]);
  await writeNpy(join(files.embeddings, "text.npy"), normals(rows * widths.text), [rows, widths.text]);
  return files;
}

/**
 * Trains a run through, and one that is stopped between two batches of its second epoch and resumed, and checks that both
 * end in the same bits. The folder of the resumed one.
 *
 * @param options.engine what all of them compute on; one each unless it is given
 */
export async function assertResumesToTheSameBits(
  folder: string,
  request: Omit<TrainRequest, "out">,
  options: { readonly engine?: Engine } = {},
): Promise<string> {
  const whole = join(folder, "whole"), broken = join(folder, "broken"), stop = new AbortController();
  await trainRun({ ...request, out: whole }, { ...options, reporter: silent });
  const reporter: Observer = { ...silent, step: ({ epoch }) => epoch === 2 && stop.abort() };
  assert.equal(
    (await trainRun({ ...request, out: broken }, { ...options, reporter, signal: stop.signal })).finished,
    false,
  );
  assert.equal((await resumeRun(broken, { ...options, reporter: silent })).finished, true);
  for (const file of ["metrics.jsonl", "model.safetensors", "checkpoint.safetensors"]) {
    assert.deepEqual(await Deno.readFile(join(broken, file)), await Deno.readFile(join(whole, file)), file);
  }
  return broken;
}
