import assert from "node:assert/strict";
import { join } from "node:path";
import { finetune } from "../../../runs/finetune/finetune.ts";
import { readHistory } from "../../../runs/results/history.ts";
import type { GivenSettings } from "../../../recipes/settings/shared.ts";
import { registerEncoder } from "../../../encoders/open_encoder.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { FakeEncoder } from "../../fake_encoder.ts";
import { put, withFolder } from "../../temporary.ts";
import { writeTinyEncoder } from "../../encoders/network/tiny_encoder.ts";
import { silent, small, writeInputs } from "../../runs/runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

/** An encoder with a number whose square is beyond f32 for one text. Files of such vectors would be refused. */
class Overflowing extends FakeEncoder {
  constructor(readonly response: string) {
    super(`overflowing:${response}`);
  }

  override vector(text: string): Float32Array {
    const vector = super.vector(text);
    if (text === this.response) vector[0] = 3e30;
    return vector;
  }
}
registerEncoder("overflowing", (name) => Promise.resolve(new Overflowing(name)));

/** Inputs and settings of a run in which a record's embedding overflows. */
async function overflowing(folder: string, record: number) {
  const files = { ...await writeInputs(folder), embeddings: null };
  return {
    files,
    settings: { ...small, features: { encoder: `overflowing:answer ${record}`, texts: "prompt-response" } } as const,
  };
}

Deno.test(
  "non-finite: the first tensor that turned is named with its step; resumed, the step is skipped, as with a lower scale",
  withFolder(async (folder) => {
    const { files, settings } = await overflowing(folder, 20), out = (name: string) => join(folder, name);
    const train = (name: string, given: GivenSettings, warnings: string[] = []) =>
      trainRun({ recipe: "bilinear", files, maxRows: null, out: out(name), settings: given }, {
        reporter: { ...silent, warn: (sentence) => void warnings.push(sentence) },
        cache: null,
      });
    const first =
      /^\S+\.weight: the gradient is not finite at step 2 \(learning rate 0\.01\)\. The first tensor that is not finite is the output of layer_norm \[16, 16\], from element \[15, 0\] on\. /;
    await assert.rejects(train("a", settings), (error: Error) => {
      assert.match(error.message, first);
      assert.match(error.message, /There is no checkpoint yet: train --resume .*a --set optimizer\.lr=0\.001$/);
      return true;
    });
    const change = ["training.onNonfinite", "skip", "--on-nonfinite"] as const, warnings: string[] = [];
    const reporter = { ...silent, warn: (sentence: string) => void warnings.push(sentence) };
    assert.ok((await resumeRun(out("a"), { reporter, cache: null }, [change])).best);
    assert.match(warnings[0]!, first);
    assert.match(warnings[0]!, / The step is left out\.$/);
    assert.deepEqual(
      warnings.filter((sentence) => sentence.startsWith("Epoch")),
      [1, 2, 3].map((epoch) => `Epoch ${epoch}: 1 step left out for a gradient that is not finite.`),
    );
    await train("b", { ...settings, training: { ...small.training, onNonfinite: "reduce-scale" } });
    const [skipped, scaled] = await Promise.all(
      ["a", "b"].map((name) => readHistory(join(out(name), "metrics.jsonl"))),
    );
    assert.deepEqual(scaled!.map(({ lossScale: _, ...figures }) => figures), skipped);
    assert.deepEqual(scaled!.map(({ lossScale }) => lossScale!.scale), [0.5, 0.25, 0.125]);
    const model = (name: string) => Deno.readFile(join(out(name), "model.safetensors"));
    assert.deepEqual(await model("a"), await model("b"));
  }),
);

Deno.test(
  "non-finite: held-out rows that no epoch can score end the run in one sentence",
  withFolder(async (folder) => {
    const request = { recipe: "bilinear", ...await overflowing(folder, 10), maxRows: null };
    await assert.rejects(
      trainRun({ ...request, out: join(folder, "run") }, { engine, reporter: silent, cache: null }),
      /^MetrogradError: No epoch of .*run has a finite RMSE on the held-out rows/,
    );
  }),
);

Deno.test(
  "non-finite: fine-tuning names the tensor, and stops or skips as it is told",
  withFolder(async (folder) => {
    await writeTinyEncoder(join(folder, "base"), "bert", {
      tensors(tensors) {
        const { data } = tensors.get("encoder.layer.1.intermediate.dense.weight")!;
        data[3] = 3e38;
      },
    });
    const records = ["a b c", "c b a", "b a c a", "short ?"].map((response) => ({
      ...{ metric_name: "clarity", user_prompt: "", response, score: 9 },
    }));
    const warnings: string[] = [];
    const tune = async (onNonfinite: "stop" | "skip") =>
      await finetune({
        data: [await put(folder, "train.json", JSON.stringify(records))],
        metricDefinitions: await put(folder, "definitions.json", JSON.stringify({ clarity: "the answer" })),
        encoder: `gpu:${join(folder, "base")}`,
        settings: { epochs: 2, batch: 2, pairs: "definitions", onNonfinite },
        out: join(folder, "tuned"),
      }, { warn: (sentence) => warnings.push(sentence) });
    const named =
      /^(\S+: the gradient is not finite at step 1 \(learning rate \S+\)\. The first tensor that is not finite is .* \[.*\], from element \[.*\] on\.)/;
    await assert.rejects(tune("stop"), (error: Error) => named.test(error.message));
    await tune("skip").catch(() => {});
    assert.equal(warnings.filter((sentence) => named.test(sentence)).length, 1, "once a run");
  }),
);
