import assert from "node:assert/strict";
import { join } from "node:path";
import { differenceInterval, measureTuning, resultOf, type TuningTrial } from "../../bench/finetuning/folds.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { silent, small } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";

Deno.test("finetuning: rows of all folds are pooled, each against its own fold's constant", () => {
  const fold = (truth: number[], untuned: number[], tuned: number[], trainMean: number) => ({
    truth,
    groups: truth.map((_, i) => `${trainMean}-${i}`),
    untuned: { score: untuned, trainMean },
    tuned: { score: tuned, trainMean },
  });
  const result = resultOf("bilinear", [fold([1, 2, 3], [1, 2, 5], [1, 2, 3], 2), fold([8], [8], [4], 6)]);
  assert.deepEqual([result.rows, result.untuned, result.tuned], [4, 1, 2]);
  assert.equal(result.constant, Math.sqrt((1 + 0 + 1 + 4) / 4));
  assert.deepEqual(result.folds, [[Math.sqrt(4 / 3), 0], [0, 4]]);
});

Deno.test("finetuning: whole groups are drawn, so that rows with their errors in common give a wider interval", () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ rows: 1, untuned: 4, tuned: i % 2 === 0 ? 1 : 9 }));
  const grouped = rows.slice(0, 4).map((row) => ({ rows: 10, untuned: 10 * row.untuned, tuned: 10 * row.tuned }));
  const [low, high] = differenceInterval(rows), [lower, higher] = differenceInterval(grouped);
  const difference = Math.sqrt(5) - 2;
  assert.ok(low < difference && difference < high);
  assert.ok(lower < low && high < higher);
  assert.deepEqual(differenceInterval([{ rows: 3, untuned: 5, tuned: 5 }]), [0, 0]);
});

Deno.test(
  "finetuning: each fold has an encoder of its own, and what is done is not done again",
  withFolder(async (folder) => {
    await writeTinyEncoder(join(folder, "base"), "bert");
    const texts = ["the answer is short", "a b c", "short ?", "c b a", "is a short", "answer ? b", "the c", "b is the"];
    const metrics = ["clear", "short"];
    const records = texts.flatMap((response, i) =>
      metrics.flatMap((metric_name, j) =>
        ["a", "b", "c"].map((user_prompt, k) => ({
          ...{ metric_name, user_prompt, response, conversation: `c${i}` },
          score: (3 * i + 5 * j + k) % 11,
        }))
      )
    );
    for (const fold of [0, 1]) {
      await Deno.mkdir(join(folder, "folds", `${fold}`), { recursive: true });
      for (const part of ["train", "test"]) {
        const rows = records.filter(({ conversation }) => (Number(conversation[1]) % 2 === fold) === (part === "test"));
        await put(join(folder, "folds", `${fold}`), `${part}.json`, JSON.stringify(rows));
      }
    }
    const trial: TuningTrial = {
      folds: join(folder, "folds"),
      metricDefinitions: await put(folder, "d.json", JSON.stringify({ clear: "the answer is a", short: "short" })),
      encoder: `gpu:${join(folder, "base")}`,
      groupBy: "conversation",
      tuning: { field: "response", pairs: "definitions", highScore: 5, batch: 8, lr: 0.01, epochs: 2, maxTokens: 16 },
      recipes: new Map([["bilinear", small]]),
      out: join(folder, "out"),
      cache: null,
    };
    const [result] = await measureTuning(trial, silent);
    assert.ok(result);
    assert.equal(result.rows, records.length);
    assert.equal(result.folds.length, 2);
    assert.notEqual(result.tuned, result.untuned);
    const weights = (name: string) => Deno.readFile(join(trial.out, name, "model.safetensors"));
    assert.notDeepEqual(await weights("encoder-0"), await weights("encoder-1"));
    let epochs = 0;
    assert.deepEqual(await measureTuning(trial, { ...silent, epoch: () => epochs++ }), [result]);
    assert.equal(epochs, 0);
  }),
);
